using System.Diagnostics;
using System.Globalization;

namespace RestReplicas.Cluster.Tests.Load;

/// <summary>
/// Offers changes at a steady rate, whatever becomes of them: while some clients wait for an answer, others take the next.
/// What none is free for is offered later, but no more of it than a second's, so that a cluster that has a leader again is
/// not met by all that it missed.
/// </summary>
internal sealed class PacedLoad : IAsyncDisposable
{
    /// <summary>Changes a second.</summary>
    public const int Rate = 1000;

    private const int Clients = 256;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _due = new(0);
    private readonly Sender _sender = new(Patience);
    private readonly List<MixedClient> _clients;
    private readonly Task _running;
    private int _acknowledged;

    public PacedLoad(IEnumerable<string> addresses)
    {
        var uris = addresses.Select(a => new Uri(a)).ToList();
        _clients = [.. Enumerable.Range(0, Clients).Select(i => new MixedClient(i, uris, _sender, () => _watch.Elapsed))];
        _running = Task.WhenAll([Task.Run(Pace), .. _clients.Select(c => Task.Run(() => Run(c)))]);
    }

    /// <summary>Until about half a second's changes were acknowledged that were sent after this call.</summary>
    public Task Progresses(TimeSpan limit)
    {
        var enough = Volatile.Read(ref _acknowledged) + Clients + (Rate / 2);
        return Eventually.Holds(
            () => _running.IsFaulted || Volatile.Read(ref _acknowledged) >= enough,
            limit,
            () => $"changes are acknowledged again; the last attempts: {string.Join("; ", _clients.Select(c => c.Attempts.LastOrDefault()))}");
    }

    /// <returns>Every attempt; those at one document in their order.</returns>
    public async Task<IReadOnlyList<Attempt>> Stop()
    {
        await _stop.CancelAsync();
        await _running;
        return [.. _clients.SelectMany(c => c.Attempts)];
    }

    /// <summary>What was offered and what came of it, in words. A leader served in every tenth of a second that brought an acknowledgement.</summary>
    public static string Account(IReadOnlyList<Attempt> attempts)
    {
        var acknowledged = attempts.Where(a => a.Verdict == Verdict.Acknowledged).ToList();
        var served = acknowledged.Select(a => Tenth(a.Ended)).ToHashSet();
        var seconds = served.Count / 10.0;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"In the {seconds:F0} s in which a leader served {attempts.Count(a => served.Contains(Tenth(a.Sent))) / seconds:F0} changes a second were offered and "
            + $"{acknowledged.Count / seconds:F0} acknowledged, with what had waited for it: {string.Join(", ", acknowledged.CountBy(a => a.Kind).Select(k => $"{k.Value} {k.Key}"))}; "
            + $"refused {attempts.Count(a => a.Verdict == Verdict.Refused)}, unknown {attempts.Count(a => a.Verdict == Verdict.Unknown)}.");

        static long Tenth(TimeSpan time) => time.Ticks / (TimeSpan.TicksPerSecond / 10);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _sender.Dispose();
        _due.Dispose();
        _stop.Dispose();
    }

    private async Task Pace()
    {
        for (long offered = 0, due; !_stop.IsCancellationRequested; offered = due)
        {
            due = (long)(_watch.Elapsed.TotalSeconds * Rate);
            var more = Math.Min(due - offered, Rate - _due.CurrentCount);
            if (more > 0)
            {
                _due.Release((int)more);
            }

            await Task.WhenAny(Task.Delay(Beat, _stop.Token));
        }
    }

    private async Task Run(MixedClient client)
    {
        try
        {
            while (true)
            {
                await _due.WaitAsync(_stop.Token);
                if (await client.Change())
                {
                    Interlocked.Increment(ref _acknowledged);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It has heard of all that it sent.
        }
    }
}
