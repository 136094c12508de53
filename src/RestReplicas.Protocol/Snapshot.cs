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
