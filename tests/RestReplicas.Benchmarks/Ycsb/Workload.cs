namespace RestReplicas.Benchmarks.Ycsb;

internal enum Change
{
    Update,
    Insert,
    ReadThenUpdate,
}

/// <summary>A workload as YCSB has published it (Cooper et al., SoCC 2010): some share only reads, the rest changes something.</summary>
/// <param name="Latest">The newest documents are read most often; else a zipfian choice that is spread over all.</param>
internal sealed record Workload(string Word, string Name, double ReadShare, Change Change, bool Latest = false)
{
    public static readonly IReadOnlyList<Workload> All =
    [
        new("a", "A: 50 % reads, 50 % updates", 0.5, Change.Update),
        new("b", "B: 95 % reads, 5 % updates", 0.95, Change.Update),
        new("c", "C: reads", 1, Change.Update),
        new("d", "D: 95 % reads of the latest, 5 % inserts", 0.95, Change.Insert, Latest: true),
        new("f", "F: 50 % reads, 50 % read, modify, write", 0.5, Change.ReadThenUpdate),
    ];
}
