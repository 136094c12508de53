using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>
/// One consistent picture of a node, published after each turn of its loop. Request threads read this and nothing else
/// of the node's state.
/// </summary>
/// <param name="At">When the loop published this, on the node's clock.</param>
/// <param name="Disk">The id of the node's file.</param>
/// <param name="View">The replica's own account of itself.</param>
/// <param name="Applied">Position of the last entry that readers see.</param>
/// <param name="LastError">The last thing that went wrong, in a sentence; null: nothing yet.</param>
/// <param name="Draining">The node is stopping and takes no more writes.</param>
/// <param name="ConfiguredVoters"><c>Cluster:Voters</c>, which may differ from the configuration in force.</param>
public sealed record NodeStatus(
    TimeSpan At,
    NodeName Name,
    DiskId Disk,
    NodeAddress Address,
    ReplicaView View,
    Position Applied,
    string? LastError,
    bool Draining,
    IReadOnlyList<NodeName> ConfiguredVoters)
{
    /// <summary>Of the state at <see cref="Applied"/>.</summary>
    public StateDigest Digest { get; init; }

    /// <summary>Why the state here is not to be trusted; null: it is.</summary>
    public string? Damage => View.Damaged;

    /// <summary>The disk has less room than <c>Storage:Reserve</c>.</summary>
    public bool StorageLow => View.Low;

    /// <summary>Leads, and may answer for the cluster.</summary>
    public bool Leads => View is { Role: Role.Leader, Serving: true };

    /// <summary>Where to send what only the leader can answer; null: nobody is known to lead, or this node does.</summary>
    public NodeAddress? LeaderElsewhere =>
        View is { Role: not Role.Leader, LeaderHeard: true, LeaderOverdue: false } ? View.LeaderAddress : null;
}
