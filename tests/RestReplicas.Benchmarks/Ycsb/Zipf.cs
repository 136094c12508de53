namespace RestReplicas.Benchmarks.Ycsb;

/// <summary>
/// Draws 0 to <c>count</c> − 1, the small ones most often: the n-th with a probability as 1 ÷ n^0.99. (Gray et al., "Quickly
/// Generating Billion-Record Synthetic Databases", SIGMOD 1994, as YCSB does.)
/// </summary>
internal sealed class Zipf
{
    private const double Theta = 0.99;
    private const double Alpha = 1 / (1 - Theta);
    private readonly long _count;
    private readonly double _zeta;
    private readonly double _eta;

    public Zipf(long count)
    {
        _count = count;
        for (var n = 1L; n <= count; n++)
        {
            _zeta += Math.Pow(n, -Theta);
        }

        _eta = (1 - Math.Pow(2.0 / count, 1 - Theta)) / (1 - ((1 + Math.Pow(2, -Theta)) / _zeta));
    }

    public long Draw(Random random)
    {
        var u = random.NextDouble();
        var among = u * _zeta;
        return among < 1 ? 0
            : among < 1 + Math.Pow(0.5, Theta) ? 1
            : Math.Min(_count - 1, (long)(_count * Math.Pow((_eta * u) - _eta + 1, Alpha)));
    }

    /// <summary>The same, but which ones are drawn most often is spread over all of them (FNV-1a).</summary>
    public long Scattered(Random random)
    {
        var number = Draw(random);
        var hash = 0xCBF29CE484222325UL;
        for (var i = 0; i < sizeof(long); i++, number >>= 8)
        {
            hash = (hash ^ (byte)number) * 0x100000001B3UL;
        }

        return (long)(hash % (ulong)_count);
    }
}
