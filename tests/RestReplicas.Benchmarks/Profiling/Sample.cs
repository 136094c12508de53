namespace RestReplicas.Benchmarks.Profiling;

/// <param name="Function">As perf names it, without signature.</param>
/// <param name="Image">The file it is in; for what the JIT compiled, perf's map of that.</param>
internal readonly record struct Frame(string Function, string Image)
{
    public bool InKernel => Image.StartsWith('[') && Image.Contains("kernel", StringComparison.Ordinal);
}

/// <summary>Where a thread was when the clock struck.</summary>
/// <param name="Frames">The innermost first.</param>
internal sealed record Sample(int Process, string Thread, IReadOnlyList<Frame> Frames);
