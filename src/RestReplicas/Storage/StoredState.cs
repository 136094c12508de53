using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>What the file holds when a node starts from it; the storage's part of a <see cref="Boot"/>.</summary>
/// <param name="Log">With the base, and every term since the first entry.</param>
/// <param name="Configurations">The one in force at the base, if there is one, and every configuration entry in the log, in order.</param>
/// <param name="LastTimestamp">Of the last entry that was in the log, trimmed or not; 0: there was none.</param>
public sealed record StoredState(
    DiskId Disk,
    ClusterId? Cluster,
    Term Term,
    DiskId? VotedFor,
    LogShape Log,
    IReadOnlyList<(long Index, Configuration Configuration)> Configurations,
    Position Applied,
    long LastTimestamp)
{
    /// <summary>Of the state at <see cref="Applied"/>.</summary>
    public Digest Digest { get; init; }

    /// <summary>The disk came in the place of one that was lost or damaged: it is never an empty one (protocol.md §9).</summary>
    public bool Replacement { get; init; }

    /// <summary>Why the state is not to be trusted, by <see cref="ReplicaStore.MarkDamaged"/>; null: it is.</summary>
    public string? Damaged { get; init; }
}

/// <param name="Outcome">Null for entries that are not commands.</param>
public sealed record AppliedEntry(Position Position, EntryKind Kind, Outcome? Outcome);

/// <param name="Version">The position of the entry that wrote the body.</param>
/// <param name="UpdatedAt">That entry's timestamp, Unix milliseconds.</param>
/// <param name="Body">The bytes that the client sent, unchanged.</param>
public sealed record StoredDocument(string Id, Position Version, long UpdatedAt, byte[] Body);

/// <param name="Version">The position of the entry that defined it.</param>
/// <param name="Progress">How much of it is there, from 0 to 1; null: all, and it is used.</param>
public sealed record StoredIndex(string Name, string Path, Position Version, double? Progress);

/// <summary>What became of the entry at a position, as far as this node knows (protocol.md §7).</summary>
public abstract record PositionFate
{
    /// <param name="Outcome">Null for entries that are not commands.</param>
    public sealed record Committed(Outcome? Outcome) : PositionFate;

    /// <summary>Committed, so long ago that the log here no longer says what came of it.</summary>
    public sealed record Forgotten : PositionFate;

    /// <summary>In the log here, not applied here.</summary>
    public sealed record Pending : PositionFate;

    /// <summary>Another term's entry is applied at that index: this one never happens.</summary>
    public sealed record Lost : PositionFate;

    /// <summary>Above what is applied here, and not in the log here.</summary>
    public sealed record Unknown : PositionFate;
}
