using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace RestReplicas.Cluster.Tests.Load;

/// <summary>
/// Follows the changes as its users would, but restless: at one node for a moment, then at the next, and wherever a node ends
/// or is not there. All that it takes along is the position that it came to.
/// </summary>
internal sealed class ChangeReader(string path, bool streams, IReadOnlyList<Uri> addresses) : IDisposable
{
    private static readonly TimeSpan LongestVisit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, UseProxy = false });
    private readonly Random _random = new(streams ? 1 : 2);
    private int _visits;

    /// <summary>Every change, as they came.</summary>
    public List<(string Position, string Id, string Kind)> Seen { get; } = [];

    /// <summary>Visits that brought something.</summary>
    public int Visits => _visits;

    /// <summary>The index that it came to.</summary>
    public long Reached { get; private set; }

    public async Task Run(CancellationToken stop)
    {
        var position = "0";
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            using var visit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            visit.CancelAfter(LongestVisit * _random.NextDouble());
            var before = position;
            try
            {
                await foreach (var (to, events) in Visit(addresses[turn % addresses.Count], position, visit.Token))
                {
                    Take(to, events);
                    position = to;
                }
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
            {
                await Task.WhenAny(Task.Delay(Pause, stop));
            }

            _visits += position == before ? 0 : 1;
        }
    }

    public void Dispose() => _http.Dispose();

    private async IAsyncEnumerable<(string To, IReadOnlyList<JsonElement> Events)> Visit(
        Uri node, string position, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancelled)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node, $"{path}?since={position}{(streams ? "" : "&wait=1000&limit=1000")}"));
        request.Headers.Accept.ParseAdd(streams ? "text/event-stream" : "application/json");
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancelled);
        if (answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
        {
            throw new HttpRequestException("nobody leads, and this node is behind");
        }

        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} after {position}");
        await using var body = await answer.Content.ReadAsStreamAsync(cancelled);
        if (!streams)
        {
            using var page = await JsonDocument.ParseAsync(body, cancellationToken: cancelled);
            yield return (page.RootElement.GetProperty("next").GetString()!, [.. page.RootElement.GetProperty("events").EnumerateArray()]);
            yield break;
        }

        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancelled))
        {
            Assert.True(item.EventType is "message" or "bookmark", $"{item.EventType} after {position}: {item.Data}");
            using var data = JsonDocument.Parse(item.Data);
            yield return (item.EventId!, item.EventType == "message" ? [data.RootElement] : []);
        }
    }

    private void Take(string to, IReadOnlyList<JsonElement> events)
    {
        foreach (var committed in events)
        {
            var position = committed.GetProperty("position").GetString()!;
            Assert.True(Index(position) > Reached, $"{position} came after index {Reached}");
            Reached = Index(position);
            var change = Assert.Single(committed.GetProperty("changes").EnumerateArray());
            Assert.Equal(position, change.GetProperty("version").GetString());
            Seen.Add((position, change.GetProperty("id").GetString()!, change.GetProperty("kind").GetString()!));
        }

        Assert.True(Index(to) >= Reached, $"{to} is where to go on after index {Reached}");
        Reached = Index(to);
    }

    private static long Index(string position) => long.Parse(position.AsSpan(position.IndexOf('.', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
}
