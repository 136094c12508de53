namespace RestReplicas.Benchmarks.Comparing;

internal sealed class RowResult(Row row)
{
    public Row Row => row;

    /// <summary>In each, the measurement of every side.</summary>
    public List<IReadOnlyList<Measurement>> Rounds { get; } = [];

    public string? Fault(int side) => Rounds.Select(r => r[side].Fault).FirstOrDefault(f => f is not null);

    public double Median(int side, Func<Measurement, double> of) => Median([.. Rounds.Select(r => of(r[side]))]);

    public IReadOnlyList<double> Ratios(Target target) => [.. Rounds.Select(r => target.Of(r[0]) / target.Of(r[target.Against]))];

    /// <summary>Of an even number, the mean of the two in the middle.</summary>
    public static double Median(IReadOnlyList<double> numbers)
    {
        var sorted = numbers.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
