using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>
/// One client request that changes documents: one log entry. Everything in it is resolved (ids, bodies); its outcome
/// depends on nothing but the state it is applied to (protocol.md §2).
/// </summary>
/// <param name="Key">Null: no Idempotency-Key.</param>
/// <param name="Changes">At least one; a document is named at most once. Judged whole, then applied whole.</param>
public sealed record Command(IdempotencyKey? Key, IReadOnlyList<Change> Changes);

/// <param name="Owner">Whose key it is: a hash of the caller's credentials; empty for none.</param>
/// <param name="Fingerprint">SHA-256 of the request as the client sent it.</param>
public sealed record IdempotencyKey(string Owner, string Value, ReadOnlyMemory<byte> Fingerprint);

public abstract record Change(string Collection, string Id, Condition? Condition)
{
    /// <param name="Body">The bytes that the client sent, unchanged.</param>
    public sealed record Put(string Collection, string Id, Condition? Condition, ReadOnlyMemory<byte> Body)
        : Change(Collection, Id, Condition);

    public sealed record Delete(string Collection, string Id, Condition? Condition) : Change(Collection, Id, Condition);

    /// <summary>Changes nothing; fails the command where its condition does.</summary>
    public sealed record Check(string Collection, string Id, Condition Condition) : Change(Collection, Id, Condition);
}

/// <summary>What must hold of a document when the command is applied (RFC 9110 §13.1).</summary>
public abstract record Condition
{
    /// <summary><c>If-None-Match: *</c>.</summary>
    public sealed record Absent : Condition;

    /// <summary><c>If-Match: *</c>.</summary>
    public sealed record Present : Condition;

    /// <summary><c>If-Match</c> with one or more versions.</summary>
    public sealed record AtVersion(IReadOnlyList<Position> Versions) : Condition;
}
