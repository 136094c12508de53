using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>How many voters are known to have an index on disk, and of how many.</summary>
internal readonly record struct AckCount(int Acks, int Voters)
{
    public bool All => Acks >= Voters;

    /// <summary>What the leader knows; a node that does not lead knows of nothing but its own disk.</summary>
    public static AckCount Of(ReplicaView view, NodeName self, DiskId disk, long index)
    {
        if (view.Configuration is not { } configuration)
        {
            return default;
        }

        var own = configuration.Names(self, disk) && view.Saved >= index ? 1 : 0;
        return new(own + view.Followers.Count(f => f.Counts && f.Match >= index), configuration.Voters.Count);
    }

    /// <summary>The same for what is committed: a majority has it, known by whom or not.</summary>
    public static AckCount OfCommitted(ReplicaView view, NodeName self, DiskId disk, long index)
    {
        var count = Of(view, self, disk, index);
        return count with { Acks = Math.Max(count.Acks, view.Configuration?.Majority ?? 0) };
    }
}
