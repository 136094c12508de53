using System.Diagnostics;

namespace RestReplicas.Benchmarks.Driving;

/// <summary>
/// Closed loops on threads of their own, for what wrk cannot do: so many operations and no more, a rate that is kept, requests
/// that depend on each other.
/// </summary>
internal static class Loops
{
    /// <param name="begin">Makes a loop's operation, which says false when there is nothing left to do.</param>
    /// <param name="pause">Between the beginnings of two operations of the same loop, if they take less.</param>
    /// <param name="enough">Ends all loops, after what they are about.</param>
    public static async Task<Driven> Run(
        Uri member, int loops, Func<Connection, int, Func<bool>> begin, CancellationToken enough, TimeSpan pause = default)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(enough);
        var watch = Stopwatch.StartNew();
        var all = await Task.WhenAll(Enumerable.Range(0, loops).Select(loop => Task.Factory.StartNew(
            () =>
            {
                try
                {
                    using var connection = new Connection(member);
                    return Run(begin(connection, loop), pause, failed.Token);
                }
                catch
                {
                    failed.Cancel(); // one that fails ends all
                    throw;
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        var seconds = watch.Elapsed.TotalSeconds;
        var latencies = all.SelectMany(l => l).Order().ToList();
        return new(latencies.Count, seconds, Percentile(latencies, 0.5), Percentile(latencies, 0.99), 0, "");
    }

    public static async Task<Driven> Run(
        Uri member, int loops, Func<Connection, int, Func<bool>> begin, TimeSpan time, CancellationToken cancelled)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        enough.CancelAfter(time);
        var driven = await Run(member, loops, begin, enough.Token);
        cancelled.ThrowIfCancellationRequested();
        return driven;
    }

    private static List<float> Run(Func<bool> operate, TimeSpan pause, CancellationToken stop)
    {
        var latencies = new List<float>();
        var due = Stopwatch.StartNew();
        for (var number = 0L; !stop.IsCancellationRequested; number++)
        {
            var early = (pause * number) - due.Elapsed;
            if (early > TimeSpan.Zero && stop.WaitHandle.WaitOne(early))
            {
                break;
            }

            var from = Stopwatch.GetTimestamp();
            if (!operate())
            {
                break;
            }

            latencies.Add((float)Stopwatch.GetElapsedTime(from).TotalMilliseconds);
        }

        return latencies;
    }

    private static double Percentile(List<float> sorted, double part) => sorted.Count == 0 ? 0 : sorted[(int)(part * (sorted.Count - 1))];
}
