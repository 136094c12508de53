using RestReplicas.Cluster;

namespace RestReplicas.Documents;

/// <summary>When a client wants its write answered (protocol.md §6).</summary>
public sealed record WriteLevels(Acks Acks, TimeSpan Timeout)
{
    public static readonly IReadOnlyDictionary<string, Acks> AllAcks = new Dictionary<string, Acks>
    {
        ["leader"] = Acks.Leader,
        ["majority"] = Acks.Majority,
        ["all"] = Acks.All,
    };

    /// <summary>Faults stay in <paramref name="query"/>.</summary>
    public static WriteLevels Read(QueryReader query, WriteOptions options) =>
        new(
            query.OneOf("acks", AllAcks) ?? Acks.Majority,
            query.Milliseconds("timeout", TimeSpan.FromMilliseconds(1), options.LongestTimeLimit) ?? options.TimeLimit);
}
