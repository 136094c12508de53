using RestReplicas.Documents.Patching;
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

/// <param name="Id">Of a document, or the name of an index.</param>
public abstract record Change(string Collection, string Id, Condition? Condition)
{
    /// <param name="Body">The bytes that the client sent, unchanged.</param>
    public sealed record Put(string Collection, string Id, Condition? Condition, ReadOnlyMemory<byte> Body)
        : Change(Collection, Id, Condition);

    public sealed record Delete(string Collection, string Id, Condition? Condition) : Change(Collection, Id, Condition);

    /// <summary>Makes an index, or gives the one of that name another path. Alone in its command.</summary>
    public sealed record PutIndex(string Collection, string Name, string Path) : Change(Collection, Name, null);

    /// <summary>Alone in its command.</summary>
    public sealed record DeleteIndex(string Collection, string Name) : Change(Collection, Name, null);

    /// <summary>Changes nothing; fails the command where its condition does.</summary>
    /// <param name="Refusal">Fails it where the condition holds, too: what was computed from the document that was seen.</param>
    public sealed record Check(string Collection, string Id, Condition Condition, Refusal? Refusal = null)
        : Change(Collection, Id, Condition);
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

    /// <summary>
    /// The leader's own: still the one that it computed the change from. Where it does not hold, that is no outcome that a
    /// client could see or a key remember: it is computed again (protocol.md §2).
    /// </summary>
    /// <param name="Version">Null: there was no document.</param>
    public sealed record AsSeen(Position? Version) : Condition;
}

/// <summary>What a leader found wrong with a change when it looked at the document. True as long as the document is that one.</summary>
public abstract record Refusal
{
    /// <summary>There is no document to change.</summary>
    public sealed record NotFound : Refusal;

    /// <summary>The document does not meet the client's own condition.</summary>
    public sealed record PreconditionFailed : Refusal;

    /// <summary>The patch cannot be applied to it.</summary>
    public sealed record PatchFailed(PatchFault Fault) : Refusal;
}
