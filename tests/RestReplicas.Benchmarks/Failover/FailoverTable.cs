using System.Globalization;

namespace RestReplicas.Benchmarks.Failover;

/// <summary>One row for each fault and store, as Markdown that is also legible on a terminal.</summary>
internal sealed class FailoverTable
{
    private readonly MarkdownTable _table = new(
        2, "fault", "store", "rounds", "median ms", "longest ms", "failed writes", "unknown writes", "without a fault, ms", "load average");

    public void Add(Fault fault, string store, IReadOnlyList<Round> rounds) => _table.Add(
        fault.Name,
        store,
        Text(rounds.Count),
        Milliseconds(Median([.. rounds.Select(r => r.Gap)])),
        Milliseconds(rounds.Any(r => r.Gap is null) ? null : rounds.Max(r => r.Gap)),
        Text(rounds.Sum(r => r.Failed)),
        Text(rounds.Sum(r => r.Unknown)),
        Milliseconds(Median([.. rounds.Select(r => (TimeSpan?)r.QuietGap)])),
        rounds.Average(r => r.LoadAverage).ToString("0.0", CultureInfo.InvariantCulture));

    public override string ToString() => _table.ToString();

    /// <summary>The upper one of two in the middle; a round without an end is longer than all others.</summary>
    private static TimeSpan? Median(List<TimeSpan?> gaps) => gaps.OrderBy(g => g ?? TimeSpan.MaxValue).ElementAt(gaps.Count / 2);

    private static string Milliseconds(TimeSpan? gap) => gap?.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) ?? "no end";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
