using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using RestReplicas.Benchmarks.Contestants;

namespace RestReplicas.Benchmarks.Failover;

/// <param name="At">When the answer was there, or the hope for one was given up; since the load began.</param>
internal sealed record Attempt(TimeSpan At, Verdict Verdict, string? Detail);

/// <summary>
/// The client, the same for all: a few closed loops of small writes. Each stays with the member that served it last, follows
/// redirects, and goes on to the next one when a member refuses, breaks off, or does not answer within the limit.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    public const int Loops = 4;

    /// <summary>Well above what a write takes, well below what an election takes.</summary>
    public static readonly TimeSpan RequestLimit = TimeSpan.FromMilliseconds(250);

    /// <summary>Between writes: a failover is to be measured, not a full processor.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private const int MostHops = 5;
    private const int KeysPerLoop = 1000;
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(10);
    private static readonly string Value = new('x', 180);

    private readonly Contestant _contestant;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly ConcurrentQueue<Attempt> _attempts = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public Load(Contestant contestant)
    {
        _contestant = contestant;
        _running = Task.WhenAll(Enumerable.Range(0, Loops).Select(loop => Task.Run(() => Run(loop))));
    }

    public TimeSpan Now => _watch.Elapsed;

    public IReadOnlyCollection<Attempt> Attempts => _attempts;

    public bool AcknowledgedSince(TimeSpan time) => _attempts.Any(a => a.Verdict == Verdict.Acknowledged && a.At > time);

    /// <summary>Requests under way are waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task Run(int loop)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false });
        var member = _contestant.Urls[loop % _contestant.Urls.Count];
        for (var number = 0; !_stop.IsCancellationRequested; number++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{loop}-{number % KeysPerLoop}");
            var (verdict, last, detail) = await Write(http, member, key);
            if (verdict is { } known)
            {
                _attempts.Enqueue(new(Now, known, detail));
            }

            member = verdict == Verdict.Acknowledged ? last : After(member, except: last);
            await Task.Delay(verdict == Verdict.Acknowledged ? Pause : PauseAfterFailure);
        }
    }

    /// <returns>No verdict: nobody took the connection, so it is neither done nor failed, but to be asked of another.</returns>
    private async Task<(Verdict? Verdict, Uri Last, string? Detail)> Write(HttpClient http, Uri member, string key)
    {
        using var limit = new CancellationTokenSource(RequestLimit);
        try
        {
            for (var hop = 0; hop < MostHops; hop++)
            {
                using var request = _contestant.Write(member, key, Value);
                using var answer = await http.SendAsync(request, limit.Token);
                if (answer.StatusCode == HttpStatusCode.TemporaryRedirect)
                {
                    member = new Uri(answer.Headers.Location!.GetLeftPart(UriPartial.Authority));
                    continue;
                }

                var body = await answer.Content.ReadAsStringAsync(limit.Token);
                var verdict = _contestant.Judge(answer, body);
                return (verdict, member, verdict == Verdict.Acknowledged ? null : $"{member.Authority} answers {(int)answer.StatusCode} {body}");
            }

            return (Verdict.Failed, member, "sent around in circles");
        }
        catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConnectionError && error.InnerException is SocketException)
        {
            return (null, member, null);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            return (Verdict.Unknown, member, $"{member.Authority}: {(error is OperationCanceledException ? "no answer in time" : error.InnerException?.Message ?? error.Message)}");
        }
    }

    private Uri After(Uri member, Uri except)
    {
        var urls = _contestant.Urls;
        var index = urls.ToList().FindIndex(u => u.Authority == member.Authority);
        return Enumerable.Range(1, urls.Count).Select(i => urls[(index + i) % urls.Count]).First(u => u.Authority != except.Authority);
    }
}
