using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Cluster;

/// <param name="Refusal">Why nothing was begun; null: it was.</param>
/// <param name="At">Where in the log it stands, if it does.</param>
internal readonly record struct Begun(string? Refusal, Position? At);

/// <summary>All that can reach the loop from other threads. A closed set.</summary>
internal abstract record Incoming
{
    /// <summary>An input that means the same to any replica.</summary>
    public sealed record ForReplica(Input Input) : Incoming;

    /// <summary>An input that answers one replica; after a restart of the replica it is of no use to the next one.</summary>
    public sealed record ForLife(int Life, Input Input) : Incoming;

    public sealed record Read(PendingRead Pending) : Incoming;

    public sealed record AppliedHere(int Life, IReadOnlyList<AppliedEntry> Entries, IReadOnlyList<StateDigest> Digests) : Incoming;

    public sealed record StoreFailed(int Life, Exception Cause) : Incoming;

    /// <summary>Something an operator should know.</summary>
    public sealed record Remark(string Sentence) : Incoming;

    /// <summary>An operator's wish, as an input; <paramref name="Begun"/> is told what the replica said to it.</summary>
    public sealed record Operate(Input Wish, TaskCompletionSource<Begun> Begun) : Incoming;

    /// <summary>Take no more writes; <paramref name="Settled"/> when none is open.</summary>
    public sealed record Drain(TaskCompletionSource Settled) : Incoming;
}
