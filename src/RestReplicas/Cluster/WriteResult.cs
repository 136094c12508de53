using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>When a write is answered (protocol.md §6); never what may be forgotten.</summary>
public enum Acks
{
    Leader,
    Majority,
    All,
}

/// <summary>What is known of a write when it is answered. A closed set.</summary>
public abstract record WriteResult
{
    /// <summary>Committed by a majority and applied here (and, with <c>acks=all</c>, on every voter's disk).</summary>
    /// <param name="Acks">Voters known to have it on disk.</param>
    public sealed record Applied(Position Position, Outcome Outcome, int Acks, int Voters) : WriteResult;

    /// <summary><c>acks=leader</c>: on the leader's disk, not yet decided.</summary>
    public sealed record Accepted(Position Position, int Acks, int Voters) : WriteResult;

    /// <summary><c>acks=all</c>, and not all in time: it is committed all the same.</summary>
    public sealed record AcksIncomplete(Position Position, Outcome Outcome, int Acks, int Voters) : WriteResult;

    /// <summary>Nothing happened here; <see cref="NodeStatus"/> says who leads, if anybody.</summary>
    public sealed record NotLeader : WriteResult;

    /// <summary>The queue is full; nothing was queued.</summary>
    public sealed record Overloaded : WriteResult;

    /// <summary>The time limit came before it was known what to write; nothing was queued.</summary>
    public sealed record TooSlow : WriteResult;

    /// <summary>No majority has room; nothing was queued. Deletes are taken.</summary>
    public sealed record StorageFull : WriteResult;

    /// <summary>Another term's entry was applied in its place: it certainly did not happen.</summary>
    public sealed record Lost(Position Position) : WriteResult;

    /// <summary>The time limit came first; its fate can be looked up by the position, if it has one.</summary>
    public sealed record Unknown(Position? Position) : WriteResult;
}

/// <summary>What came of asking for a linearizable read.</summary>
public abstract record ReadIndexResult
{
    /// <summary>This node has applied <paramref name="Index"/>: a read from it now is current.</summary>
    public sealed record Confirmed(long Index) : ReadIndexResult;

    /// <summary>No leader confirmed it within the time limit. Never answered with local data.</summary>
    public sealed record NotConfirmed : ReadIndexResult;
}
