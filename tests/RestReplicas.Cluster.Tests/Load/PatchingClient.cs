using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace RestReplicas.Cluster.Tests.Load;

/// <summary>
/// Patches one document again and again, to one address after the other, and follows redirects. What it does not learn the
/// outcome of it repeats with the same Idempotency-Key until it does: so it knows exactly what it has changed.
/// </summary>
internal sealed class PatchingClient(int number, IReadOnlyList<string> addresses, string document) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
    private int _sent;

    /// <summary>How many of its patches were made.</summary>
    public int Made { get; private set; }

    /// <summary>How many of those it was told of by a repetition.</summary>
    public int Replayed { get; private set; }

    /// <summary>Reads a counter and raises it by one, if it still is what was read.</summary>
    public async Task Increment(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var read = await Settled(() => new(HttpMethod.Get, Next()));
            using var counter = JsonDocument.Parse(await read.Content.ReadAsStringAsync(CancellationToken.None));
            var raised = counter.RootElement.GetProperty("n").GetInt32() + 1;
            await Patch($$"""{"n":{{raised}}}""", read.Headers.ETag!.ToString());
        }
    }

    /// <summary>Sets the member that is its own to how often it has done so.</summary>
    public async Task SetOwnMember(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Patch(string.Create(CultureInfo.InvariantCulture, $$"""{"c{{number}}":{{Made + 1}}}"""), ifMatch: null);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task Patch(string patch, string? ifMatch)
    {
        var key = Guid.NewGuid().ToString();
        using var answer = await Settled(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Patch, Next()) { Content = new StringContent(patch, Encoding.UTF8, "application/merge-patch+json") };
            request.Headers.Add("Idempotency-Key", key);
            if (ifMatch is not null)
            {
                request.Headers.Add("If-Match", ifMatch);
            }

            return request;
        });
        Assert.True(answer.StatusCode is HttpStatusCode.OK || (ifMatch is not null && answer.StatusCode is HttpStatusCode.PreconditionFailed), answer.ToString());
        Made += answer.IsSuccessStatusCode ? 1 : 0;
        Replayed += answer.IsSuccessStatusCode && answer.Headers.Contains("Idempotency-Replayed") ? 1 : 0;
    }

    /// <summary>The first answer that says what became of it.</summary>
    private async Task<HttpResponseMessage> Settled(Func<HttpRequestMessage> request)
    {
        while (true)
        {
            try
            {
                using var message = request();
                var answer = await _http.SendAsync(message, TestContext.Current.CancellationToken);
                if ((int)answer.StatusCode is not (429 or 503 or 504))
                {
                    return answer;
                }

                answer.Dispose();
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }

            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    private Uri Next() => new(addresses[(number + _sent++) % addresses.Count] + document);
}
