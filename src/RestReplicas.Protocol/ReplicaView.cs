namespace RestReplicas.Protocol;

public enum Role
{
    Follower = 0,
    Candidate = 1,
    Leader = 2,

    /// <summary>Follows, but the configuration in force does not name its disk: it is fed, and counts for nothing.</summary>
    Learner = 3,
}

/// <summary>A replica at one moment, for those who only look.</summary>
/// <param name="LeaderHeard">Within <see cref="ReplicaOptions.ElectionSilence"/>; on the leader, true.</param>
/// <param name="Serving">It leads, and its noop is applied: it takes writes and confirms reads.</param>
/// <param name="Saved">Last index that is synced here.</param>
/// <param name="Followers">On the leader: all other nodes, as it knows them. Else empty.</param>
/// <param name="TransferTo">On a leader that hands leadership over: to whom. It takes no proposals meanwhile; hold them back.</param>
/// <param name="LeaderOverdue">Two heartbeats are missed: it may be gone, so clients had better wait than be sent there.</param>
/// <param name="Base">The index before the first kept entry.</param>
/// <param name="Damaged">Why the state here is not to be read; null: it is sound, as far as this node knows.</param>
/// <param name="Disputed">On the leader: at this index states differ, and no majority says which is right.</param>
/// <param name="Low">The disk here has less room than <c>Storage:Reserve</c>.</param>
/// <param name="StorageFull">On the leader: no majority has room; refuse all writes but deletes.</param>
/// <param name="Refusal">Why the last campaign failed; null after a success or once a leader is heard.</param>
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
    string? Refusal,
    NodeName? TransferTo = null,
    bool LeaderOverdue = false,
    long Base = 0,
    string? Damaged = null,
    long? Disputed = null,
    bool Low = false,
    bool StorageFull = false);

/// <summary>
/// Proof that a state holds everything that was acknowledged at <c>majority</c> before <c>At − Extra</c>.
/// </summary>
public sealed record Freshness(Moment At, TimeSpan Extra)
{
    /// <summary>Clocks may differ in rate by this factor (1 ‰).</summary>
    private const double Drift = 1.001;

    internal TimeSpan Origin => At.Clock - Extra;

    /// <summary>The bound for a request that is here by <paramref name="now"/>; null (unknown) if the clocks disagree.</summary>
    public TimeSpan? Staleness(Moment now) => (now.Since(At) + Extra) * Drift;
}

public enum LeaseState
{
    NotConfigured = 0,
    None = 1,
    Held = 2,

    /// <summary>Leads although its lease is unknown or lost.</summary>
    Failsafe = 3,
}

public sealed record LeaseView(LeaseState State, string? Token);

/// <param name="Match">Last index known to be on its disk.</param>
/// <param name="Low">Its disk has less room than <c>Storage:Reserve</c>.</param>
/// <param name="Outstanding">Messages under way to it; bounded (invariant 10).</param>
/// <param name="Counts">Its copy and its vote count: the configuration in force names its disk.</param>
public sealed record FollowerView(
    NodeName Name,
    DiskId? Disk,
    NodeAddress? Address,
    long Match,
    TimeSpan? LastAnswerAgo,
    bool Counts,
    bool Damaged = false,
    bool Low = false,
    bool NeedsSnapshot = false,
    int Outstanding = 0);
