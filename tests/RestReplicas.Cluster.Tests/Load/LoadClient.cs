using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace RestReplicas.Cluster.Tests.Load;

/// <summary>
/// Writes unique documents one after the other, to one address after the other, follows redirects like any client, and
/// remembers every attempt. It never repeats one: a repeat would blur what became of the first.
/// </summary>
internal sealed class LoadClient(string name, IReadOnlyList<Uri> addresses, string collection, TimeSpan patience, Func<TimeSpan> clock) : IDisposable
{
    public const string NobodyListens = "nobody listens";

    private const int MostHops = 5;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
    {
        Timeout = patience,
    };

    private int _number;

    public ConcurrentQueue<Attempt> Attempts { get; } = [];

    public async Task Run(TimeSpan pause, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            _ = await WriteOne();
            await Task.WhenAny(Task.Delay(pause, stop));
        }
    }

    public async Task<Attempt> WriteOne()
    {
        var address = addresses[_number % addresses.Count];
        var id = string.Create(CultureInfo.InvariantCulture, $"{name}-{++_number}");
        var body = $$"""{"client":"{{name}}","number":{{_number}},"text":"þetta er ekki ASCII"}""";
        var sent = clock();
        var (verdict, position, node, detail) = await Put(new Uri(address, $"/v1/{collection}/{id}"), body);
        var attempt = new Attempt(id, body, verdict, position, node, sent, clock(), detail);
        Attempts.Enqueue(attempt);
        return attempt;
    }

    public void Dispose() => _http.Dispose();

    private async Task<(Verdict Verdict, string? Position, string? Node, string Detail)> Put(Uri uri, string body)
    {
        try
        {
            for (var hop = 0; hop < MostHops; hop++)
            {
                using var content = new StringContent(body, Encoding.UTF8, "application/json");
                using var answer = await _http.PutAsync(uri, content);
                if (answer.StatusCode == HttpStatusCode.TemporaryRedirect)
                {
                    uri = new Uri(uri, answer.Headers.Location!);
                    continue;
                }

                return await Judge(answer);
            }

            return (Verdict.Refused, null, null, "sent around in circles");
        }
        catch (HttpRequestException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return (Verdict.Refused, null, null, NobodyListens);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            return (Verdict.Unknown, null, null, error.Message);
        }
    }

    private static async Task<(Verdict, string?, string?, string)> Judge(HttpResponseMessage answer)
    {
        var position = Header(answer, "Replica-Position");
        var node = Header(answer, "Replica-Node");
        var text = await answer.Content.ReadAsStringAsync();
        var detail = $"{(int)answer.StatusCode} {text}";
        if (answer.StatusCode == HttpStatusCode.Created && position is not null)
        {
            return (Verdict.Acknowledged, position, node, detail);
        }

        if (node is null)
        {
            return (Verdict.Unknown, null, null, detail); // Not ours: from something in between.
        }

        if (answer.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return (Verdict.Wrong, position, node, detail);
        }

        using var problem = JsonDocument.Parse(text);
        var outcome = problem.RootElement.TryGetProperty("outcome", out var said) ? said.GetString() : null;
        position = problem.RootElement.TryGetProperty("position", out var at) ? at.GetString() : null;
        return ((int)answer.StatusCode, outcome) switch
        {
            (503 or 429 or 507, "none") => (Verdict.Refused, position, node, detail),
            (409, "none") => (Verdict.Refused, position, node, detail), // write-lost
            (504, "unknown") => (Verdict.Unknown, position, node, detail),
            _ => (Verdict.Wrong, position, node, detail),
        };
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
