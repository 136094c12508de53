namespace RestReplicas.Protocol;

/// <summary>Waits drawn from a seed (splitmix64): the same seed, the same run.</summary>
internal sealed class Jitter(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Uniform in [0, <paramref name="most"/>).</summary>
    public TimeSpan UpTo(TimeSpan most)
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return most * ((z >> 11) / (double)(1UL << 53));
    }
}
