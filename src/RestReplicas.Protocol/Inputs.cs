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
public sealed record Applied(long Index) : Input;

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
