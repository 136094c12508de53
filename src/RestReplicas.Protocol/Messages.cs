namespace RestReplicas.Protocol;

/// <summary>What every message carries. A node refuses an older term and another cluster.</summary>
/// <param name="Disk">The sender's disk: votes and acknowledgements count by it, not by the name.</param>
/// <param name="Cluster">Null while the sender belongs to no cluster yet.</param>
public sealed record Header(NodeName From, DiskId Disk, ClusterId? Cluster, Term Term);

/// <summary>
/// A follower's clock at one reply, echoed to it by the leader (protocol.md §8). <paramref name="Nonce"/> names the
/// process that took it: a stamp from before a restart is worth nothing.
/// </summary>
public readonly record struct Stamp(ulong Nonce, Moment At);

/// <summary>The receiver's newest stamp, and the leader's quorum age read in the same step as the commit index.</summary>
public readonly record struct Echo(Stamp Stamp, TimeSpan QuorumAge);

public abstract record Request(Header Header);

/// <summary>
/// Entries after <paramref name="Previous"/>, or none: a heartbeat, whose previous position is the last one that the
/// follower acknowledged in this term.
/// </summary>
/// <param name="Offer">On a heartbeat: the follower needs a snapshot, and there is one.</param>
/// <param name="Accused">On a heartbeat: this digest, which the follower reported, is not the one that a majority of voters has (§9).</param>
public sealed record AppendRequest(
    Header Header,
    NodeAddress Leader,
    Position Previous,
    IReadOnlyList<Entry> Entries,
    long Commit,
    Echo? Echo,
    string? LeaseToken,
    Offer? Offer = null,
    StateDigest? Accused = null) : Request(Header);

/// <summary>A request for a vote at <c>Header.Term</c>; as a pre-vote, at the term that the candidate would raise to.</summary>
/// <param name="Last">The candidate's last position.</param>
/// <param name="Founding">
/// Not null: the candidate's disk is empty, and it asks to found the cluster of these voters (sorted by name). A voter
/// that was told of others refuses.
/// </param>
/// <param name="Ordered">The leader ordered this campaign: that a leader is heard is no reason to refuse.</param>
public sealed record VoteRequest(
    Header Header, bool PreVote, Position Last, IReadOnlyList<NodeName>? Founding, bool Ordered = false) : Request(Header);

/// <summary>Asks the leader for an index such that a state which has applied it is current (dissertation §6.4).</summary>
public sealed record ReadIndexRequest(Header Header) : Request(Header);

/// <summary>
/// Orders a voter to campaign at once (dissertation §3.10). Obeyed at most once, by a voter that follows the sender in
/// this term, holds <paramref name="Last"/>, and whose own clock is at most <paramref name="Within"/> past its
/// own <paramref name="Stamp"/>: an order that was delayed is no order.
/// </summary>
public sealed record TransferRequest(Header Header, Position Last, Stamp Stamp, TimeSpan Within) : Request(Header);

/// <summary>
/// "I am here": from a node that hears no leader, to the voters it knows (§10). The leader feeds it from then on, under
/// the address that it names; others say who leads.
/// </summary>
public sealed record AnnounceRequest(Header Header, NodeAddress Address) : Request(Header);

/// <param name="Wall">The sender's wall clock, Unix milliseconds: entries are dated by the median of the voters'.</param>
public abstract record Response(Header Header, long Wall);

/// <summary>Any request, refused for its term or cluster.</summary>
public sealed record RefusedResponse(Header Header, long Wall, RequestRefusal Why) : Response(Header, Wall);

public enum RequestRefusal : byte
{
    OlderTerm = 0,
    OtherCluster = 1,
}

/// <summary>
/// Matched: everything up to <paramref name="Acknowledged"/>.Index is on this disk. Else nothing was changed, and
/// <paramref name="Acknowledged"/> is a hint: the last position here that the leader's log could still share.
/// </summary>
public sealed record AppendResponse(
    Header Header, long Wall, bool Matched, Position Acknowledged, Stamp Stamp, NodeAddress Address, StateReport State)
    : Response(Header, Wall);

/// <param name="PreVote">Which question this answers.</param>
/// <param name="Refusal">Null: granted.</param>
/// <param name="Silence">With <see cref="VoteRefusal.HeardLeader"/>: how much longer until that reason is gone.</param>
/// <param name="EmptyDisk">True in this very step, when a vote for founding is granted.</param>
/// <param name="OmitsCandidate">A committed configuration beyond the candidate's log does not name its disk.</param>
public sealed record VoteResponse(
    Header Header,
    long Wall,
    bool PreVote,
    VoteRefusal? Refusal,
    TimeSpan Silence,
    bool EmptyDisk,
    bool OmitsCandidate) : Response(Header, Wall);

public enum VoteRefusal : byte
{
    HeardLeader = 0,
    LogBehind = 1,
    AlreadyVoted = 2,
    NotEmpty = 3,
    OtherVoters = 4,
}

/// <param name="Leader">Who leads, as far as the asked one knows; null: it does not.</param>
public sealed record AnnounceResponse(Header Header, long Wall, NodeName? Leader, NodeAddress? Address) : Response(Header, Wall);

public sealed record TransferResponse(Header Header, long Wall, bool Obeyed) : Response(Header, Wall);

/// <param name="Index">Null: not confirmed; ask again.</param>
public sealed record ReadIndexResponse(Header Header, long Wall, long? Index) : Response(Header, Wall);
