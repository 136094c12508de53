using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestReplicas.Cluster.Tests.Load;

/// <summary>
/// A client as its users would write it: one request after the other over kept connections, to the node that it used last.
/// It knows two things. A 307 is followed; where nobody listens nothing was done, so the next address is asked, and from a
/// redirect too. Anything else but success is a failure, and nothing is ever repeated because of one.
/// </summary>
internal sealed class SwitchingClient(string name, IReadOnlyList<Uri> addresses, string collection) : IDisposable
{
    private const int MostHops = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { Timeout = Patience };
    private int _address;

    /// <summary>Of every request that failed: what was asked, and what came of it.</summary>
    public ConcurrentQueue<string> Failures { get; } = [];

    /// <summary>What was acknowledged, by id.</summary>
    public ConcurrentDictionary<string, string> Written { get; } = [];

    public int Reads { get; private set; }

    /// <summary>Writes, then reads that from the same node and from the next, until stopped.</summary>
    public async Task Run(TimeSpan pause, CancellationToken stop)
    {
        for (var number = 1; !stop.IsCancellationRequested; number++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
            var body = $$"""{"number":{{number}}}""";
            if (await Send(HttpMethod.Put, id, body) is { } position)
            {
                Written[id] = body;
                await Read($"{id}?consistency=linearizable", body);
                _address++; // readers come to every node
                await Read($"{id}?minPosition={position}", body);
            }

            await Task.WhenAny(Task.Delay(pause, stop));
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task Read(string target, string expected)
    {
        Reads++;
        await Send(HttpMethod.Get, target, expected);
    }

    /// <returns>The position that was answered; null: it failed.</returns>
    private async Task<string?> Send(HttpMethod method, string target, string body)
    {
        var uri = Address(target);
        var detail = "sent around in circles";
        for (var hop = 0; hop < MostHops; hop++)
        {
            using var request = new HttpRequestMessage(method, uri)
            {
                Content = method == HttpMethod.Put ? new StringContent(body, Encoding.UTF8, "application/json") : null,
            };
            try
            {
                using var answer = await _http.SendAsync(request);
                if (answer.StatusCode == HttpStatusCode.TemporaryRedirect)
                {
                    uri = new Uri(uri, answer.Headers.Location!);
                    continue;
                }

                var text = await answer.Content.ReadAsStringAsync();
                if (answer.IsSuccessStatusCode && (method == HttpMethod.Put || text == body))
                {
                    return answer.Headers.GetValues("Replica-Position").Single();
                }

                detail = $"{(int)answer.StatusCode} {text}";
                break;
            }
            catch (HttpRequestException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
            {
                _address++;
                uri = Address(target);
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
            {
                detail = (error.InnerException ?? error).Message;
                break;
            }
        }

        Failures.Enqueue($"{method} {uri}: {detail}");
        return null;
    }

    private Uri Address(string target) => new(addresses[_address % addresses.Count], $"/v1/{collection}/{target}");
}
