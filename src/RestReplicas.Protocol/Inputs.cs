namespace RestReplicas.Protocol;

/// <summary>All that can happen to a replica. Every one comes with the moment at which it is stepped.</summary>
public abstract record Input;

/// <summary>Time has passed; deadlines are looked at. Sent every 10 ms or so.</summary>
public sealed record Tick : Input
{
    public static readonly Tick Now = new();
}

/// <summary>Client commands to append, in order. Answered in the same step by <see cref="Proposed"/> or <see cref="NotProposed"/>.</summary>
public sealed record Propose(IReadOnlyList<ReadOnlyMemory<byte>> Payloads) : Input;

/// <summary>A linearizable read. Answered by <see cref="ReadConfirmed"/> or <see cref="ReadFailed"/>, once.</summary>
public sealed record Read(long Id) : Input;

/// <summary>
/// Hand leadership to that voter, or to the most caught-up one. Answered by <see cref="TransferRefused"/> in the same
/// step, or seen in the view: another leads, or <see cref="ReplicaView.TransferTo"/> is null again.
/// </summary>
public sealed record TransferLeadership(NodeName? To) : Input;

/// <summary>
/// Make a learner a voter, or a voter a learner. Answered in the same step by <see cref="VotersChanged"/> (the entry is
/// appended, and in force) or <see cref="VotersRefused"/>.
/// </summary>
public sealed record ChangeVoters(NodeName Name, bool Votes) : Input;

/// <summary>A peer asks; answered by one <see cref="Reply"/> with the same correlation, now or later.</summary>
public sealed record Asked(long Correlation, Request Request) : Input;

/// <summary>The answer to the <see cref="Send"/> of that sequence number.</summary>
public sealed record Answered(NodeName From, long Sequence, Response Response) : Input;

/// <summary>
/// The <see cref="Send"/> of that sequence number failed for good (time limit, breaker, connection). Every send ends
/// in <see cref="Answered"/> or this.
/// </summary>
public sealed record Unanswered(NodeName To, long Sequence) : Input;

/// <summary>The save of that ticket, and all before it, are synced.</summary>
public sealed record Saved(long Ticket) : Input;

/// <summary>The store has applied everything up to this index (and committed the transaction: readers see it).</summary>
/// <param name="Digests">Of the state at each multiple of <c>DigestEvery</c> passed since the last report, and at <paramref name="Index"/>; oldest first.</param>
public sealed record Applied(long Index, IReadOnlyList<StateDigest> Digests) : Input
{
    public Applied(long index)
        : this(index, [])
    {
    }
}

/// <summary>
/// How much log the store holds, said as indexes: entries up to <paramref name="Idle"/> may go when no follower needs
/// them; up to <paramref name="Full"/> they go even if a follower does; up to <paramref name="Hard"/> even while a
/// snapshot is under way that they follow.
/// </summary>
public sealed record LogBounds(long Idle, long Full, long Hard) : Input;

/// <summary>The answer to <see cref="TakeSnapshot"/>: this snapshot can be fetched from here, and replaces the one before.</summary>
public sealed record SnapshotTaken(Snapshot Snapshot) : Input;

/// <summary>The answer to <see cref="TakeSnapshot"/>: there is none, for lack of space, say. Deposes nobody.</summary>
public sealed record SnapshotNotTaken : Input;

/// <summary>The answer to <see cref="FetchSnapshot"/>: all of it is here, synced, and is what was offered.</summary>
public sealed record SnapshotFetched(Snapshot Snapshot) : Input;

/// <summary>The answer to <see cref="FetchSnapshot"/>: it is not here, nor under way any more; what came of it is kept for the next attempt.</summary>
public sealed record SnapshotNotFetched(Guid Id) : Input;

/// <summary>By the node's own evidence its state is not what was applied: a row does not match its hash, or the hashes not the digest.</summary>
public sealed record StateDamaged(string Why) : Input;

/// <summary>Whether the disk has less room than <c>Storage:Reserve</c> (§5).</summary>
public sealed record DiskSpace(bool Low) : Input;

/// <summary>What became of the lease call under way (protocol.md §3). A closed set.</summary>
public abstract record LeaseAnswer : Input
{
    /// <summary>Ours, until <paramref name="ValidUntil"/> on this node's monotonic clock, counted from before the request left.</summary>
    public sealed record Granted(string Token, TimeSpan ValidUntil) : LeaseAnswer;

    /// <summary>Another acquisition's; <paramref name="Remaining"/> of its time to live.</summary>
    public sealed record HeldByOther(string Token, TimeSpan Remaining) : LeaseAnswer;

    /// <summary>The compare-and-set or renewal found that the token is not there any more.</summary>
    public sealed record Lost : LeaseAnswer;

    /// <summary>No majority of servers answered in time.</summary>
    public sealed record Unknown : LeaseAnswer;
}

/// <summary>Redis published that the lease was released or handed over.</summary>
public sealed record LeaseFreed : Input;

/// <summary>The TCP connection of a <see cref="Probe"/> was refused: no process listens there any more.</summary>
public sealed record ConnectionRefused(NodeName Peer) : Input;
