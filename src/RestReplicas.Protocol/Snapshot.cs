namespace RestReplicas.Protocol;

/// <summary>
/// The sum of a hash of every row of the replicated state, whatever their order (protocol.md §9). Digests of different
/// versions, which hash in different ways, say nothing about each other.
/// </summary>
public readonly record struct Digest(int Version, UInt128 Sum);

/// <summary>The digest of the state in which everything up to <paramref name="Index"/> is applied, and nothing after it.</summary>
public readonly record struct StateDigest(long Index, Digest Digest);

/// <summary>
/// Committed state as one file, for a follower behind the retained log or with damaged state: everything up to
/// <paramref name="At"/>, with the log kept there and its outcomes, and no disk id, term or vote.
/// </summary>
/// <param name="Id">Names the file on the node that made it, for as long as that keeps it.</param>
/// <param name="Bytes">Length of the file.</param>
/// <param name="Checksum">SHA-256 of the file, lower-case hexadecimal.</param>
/// <param name="Digest">Of the state in it.</param>
public sealed record Snapshot(Guid Id, Position At, long Bytes, string Checksum, Digest Digest);

/// <summary>This snapshot can be fetched from the sender, who leads.</summary>
/// <param name="Repairs">It is for a damaged state, and may be in the receiver's log.</param>
/// <param name="Vouched">
/// A majority of the voters has compared its state with the sender's. False: too few were there to do that, and without
/// this snapshot the cluster may never go on; it is the sender's word alone.
/// </param>
public sealed record Offer(Snapshot Snapshot, bool Repairs, bool Vouched);

/// <summary>How a follower's state is.</summary>
/// <param name="Low">Its disk has less room than <c>Storage:Reserve</c>.</param>
/// <param name="Mark">The digest at the newest multiple of <c>DigestEvery</c>; null: none is known, or the state is damaged.</param>
/// <param name="Latest">The digest at <paramref name="Applied"/>.</param>
public sealed record StateReport(long Applied, bool Damaged, bool Low, StateDigest? Mark, StateDigest? Latest)
{
    public static readonly StateReport Nothing = new(0, false, false, null, null);
}
