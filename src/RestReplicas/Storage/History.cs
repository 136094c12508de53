using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>What a node's log says of what came after a position. A closed set.</summary>
/// <param name="Applied">By the same reading.</param>
public abstract record History(Position Applied)
{
    /// <param name="Changes">In order; entries that changed nothing are left out.</param>
    /// <param name="Through">The last entry that was looked at; the position itself if nothing came after it.</param>
    public sealed record Held(Position Applied, IReadOnlyList<Committed> Changes, Position Through) : History(Applied);

    /// <summary>The log no longer goes back that far.</summary>
    /// <param name="Oldest">The oldest position of which the log holds all that came after it.</param>
    public sealed record Gone(Position Applied, Position Oldest) : History(Applied);

    /// <summary>The position is not in this history: another term's entry is applied at that index.</summary>
    public sealed record Foreign(Position Applied) : History(Applied);

    /// <summary>Nothing has been applied at that position yet.</summary>
    public sealed record Ahead(Position Applied) : History(Applied);
}

/// <summary>What one entry changed, once it was applied.</summary>
/// <param name="UpdatedAt">The entry's timestamp, Unix milliseconds.</param>
/// <param name="Changes">At least one.</param>
public sealed record Committed(Position At, long UpdatedAt, IReadOnlyList<CommittedChange> Changes)
{
    /// <summary>About how much memory this takes.</summary>
    public long Bytes => 128 + Changes.Sum(change => 160L + change.Body.Length);
}

/// <param name="Result">Created, replaced or deleted.</param>
/// <param name="Body">The document's bytes as they were sent; empty if it was deleted.</param>
public sealed record CommittedChange(string Collection, string Id, ChangeResult Result, ReadOnlyMemory<byte> Body);
