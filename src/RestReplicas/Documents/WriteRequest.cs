using RestReplicas.Cluster;

namespace RestReplicas.Documents;

/// <summary>A write whose request is well formed: what to propose, and how to word that it was done.</summary>
/// <param name="Body">Of the request, as it was read: for the leader, where that is another node.</param>
public abstract record WriteRequest<T>(WriteTerms Terms, ReadOnlyMemory<byte> Body)
    where T : IResult
{
    /// <summary>Asks this node to replicate it; at once <see cref="WriteResult.NotLeader"/> where that does not lead.</summary>
    public abstract ValueTask<WriteResult> Propose(Node node, Deadline deadline, CancellationToken cancelled);

    /// <summary>What the client is told of a write that was done, or (202) accepted.</summary>
    public abstract T Answer(Verdict verdict);

    /// <summary>What the client is told of a write of which that change (from 0) was refused.</summary>
    public virtual Problem Refuse(Problem problem, int change) => problem;
}

/// <summary>A write of one document whose content is known from the start.</summary>
public sealed record DocumentWrite(string Collection, string Id, Command Command, WriteTerms Terms, ReadOnlyMemory<byte> Body)
    : WriteRequest<Written>(Terms, Body)
{
    public override ValueTask<WriteResult> Propose(Node node, Deadline deadline, CancellationToken cancelled) =>
        node.Write(Command, Terms.Levels.Acks, deadline.Remaining, cancelled);

    // A repeated POST proposed an id of its own; the document has the first one's.
    public override Written Answer(Verdict verdict) => Written.Of(Collection, verdict.Id ?? Id, verdict, Terms) with
    {
        Document = Terms.WantsDocument && !Body.IsEmpty ? Body : default(ReadOnlyMemory<byte>?),
    };
}
