namespace RestReplicas.Protocol;

public enum Role
{
    Follower,
    Candidate,
    Leader,
}

/// <summary>What a replica shows of itself. Immutable: readers on other threads keep it as long as they like.</summary>
/// <param name="LeaderHeard">The leader was heard within <see cref="ReplicaOptions.ElectionSilence"/>: worth a redirect.</param>
/// <param name="Serving">Leads, and the noop of its term is applied.</param>
/// <param name="Last">Of the log in memory.</param>
/// <param name="Saved">How far the file holds that log.</param>
/// <param name="Freshness">Null: there is no staleness bound.</param>
/// <param name="Followers">On the leader; else empty.</param>
/// <param name="Refusal">Why the last campaign failed.</param>
public sealed record ReplicaView(
    Role Role,
    Term Term,
    NodeName? Leader,
    NodeAddress? LeaderAddress,
    bool LeaderHeard,
    bool Serving,
    Position Last,
    long Saved,
    long Commit,
    long Applied,
    Freshness? Freshness,
    LeaseView Lease,
    Configuration? Configuration,
    IReadOnlyList<FollowerView> Followers,
    string? Refusal);

/// <summary>
/// A staleness bound, kept as the moment it counts from (protocol.md §8), so that it grows by itself.
/// </summary>
/// <param name="At">A reading of this node's own clocks.</param>
/// <param name="Extra">The leader's quorum age then.</param>
public sealed record Freshness(Moment At, TimeSpan Extra)
{
    /// <summary>The clocks of two nodes may drift apart at this rate (1 ‰).</summary>
    public const double Drift = 1.001;

    /// <summary>Null: the clocks disagree about the time since, so there is no bound.</summary>
    public TimeSpan? Staleness(Moment now) => (now.Since(At) + Extra) * Drift;
}

public enum LeaseState
{
    /// <summary>No Redis is configured.</summary>
    NotConfigured,

    None,

    Held,

    /// <summary>Leads although the lease is unknown or lost.</summary>
    Failsafe,
}

public sealed record LeaseView(LeaseState State, string? Token);

/// <summary>A follower as its leader sees it.</summary>
/// <param name="Match">It is known to hold the log up to here on disk.</param>
/// <param name="LastAnswerAgo">Null: no answer in this term.</param>
/// <param name="Counts">The configuration in force names its disk.</param>
public sealed record FollowerView(
    NodeName Name,
    DiskId? Disk,
    NodeAddress? Address,
    long Match,
    TimeSpan? LastAnswerAgo,
    bool Counts);
