using System.Globalization;
using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Failover;

/// <param name="Gap">The longest time without an acknowledged write from the fault on; null: none was acknowledged again.</param>
/// <param name="QuietGap">The same in the seconds before the fault: what the machine's noise alone does.</param>
/// <param name="LoadAverage">Of the machine, over a minute, when the fault struck.</param>
internal sealed record Round(TimeSpan? Gap, TimeSpan QuietGap, int Failed, int Unknown, double LoadAverage, DateTime StruckAt, string Notes)
{
    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    /// <summary>A second stumble within this time counts as part of the failover.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PatienceForRecovery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    public static async Task<Round> Play(Fault fault, Contestant contestant, Ground ground, CancellationToken cancelled)
    {
        var load = new Load(contestant);
        int leader;
        TimeSpan quietFrom, struck;
        double average;
        DateTime struckAt;
        await using (load)
        {
            await Task.Delay(Warming, cancelled);
            quietFrom = load.Now;
            await Task.Delay(Quiet, cancelled);
            leader = await contestant.Leader(cancelled);
            average = double.Parse((await File.ReadAllTextAsync("/proc/loadavg", cancelled)).Split(' ')[0], CultureInfo.InvariantCulture);
            struckAt = DateTime.UtcNow;
            struck = load.Now;
            await fault.Strike(contestant, ground, leader);
            while (!load.AcknowledgedSince(struck + Watched) && load.Now < struck + PatienceForRecovery)
            {
                await Task.Delay(Glance, cancelled);
            }
        }

        await fault.Mend(contestant, ground, leader);
        await contestant.WaitUntilWhole(cancelled);

        var acknowledged = load.Attempts.Where(a => a.Verdict == Verdict.Acknowledged).Select(a => a.At).Order().ToList();
        var gaps = acknowledged.Zip(acknowledged.Skip(1)).ToList();
        var spanning = gaps.Where(g => g.Second > struck && g.First < struck + Watched).ToList();
        var resumed = acknowledged.Count > 0 && acknowledged[^1] > struck + Watched;
        var longest = spanning.MaxBy(g => g.Second - g.First);
        var after = load.Attempts.Where(a => a.At > struck && a.Verdict != Verdict.Acknowledged).ToList();
        var notes = string.Join("; ", after.GroupBy(a => a.Detail).Select(g => $"{g.Count()} × {g.Key}"));
        var from = string.Create(CultureInfo.InvariantCulture, $"n{leader + 1}; silent {Rounded(longest.First - struck)} to {Rounded(longest.Second - struck)} ms after the fault");
        return new(
            resumed ? longest.Second - longest.First : null,
            gaps.Where(g => g.First >= quietFrom && g.Second <= struck).Select(g => g.Second - g.First).DefaultIfEmpty(Quiet).Max(),
            after.Count(a => a.Verdict == Verdict.Failed),
            after.Count(a => a.Verdict == Verdict.Unknown),
            average,
            struckAt,
            notes.Length == 0 ? from : $"{from}; {notes}");
    }

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalMilliseconds) + 0.0; // not "-0"
}
