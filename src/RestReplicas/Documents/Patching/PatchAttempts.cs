using Microsoft.Extensions.Options;
using RestReplicas.Cluster;
using RestReplicas.Storage;

namespace RestReplicas.Documents.Patching;

/// <summary>
/// Proposes what is computed from committed documents, again and again until it is applied to the very documents that it
/// was computed from (protocol.md §2 <em>PATCH</em>). No attempt follows one whose outcome is unknown.
/// </summary>
public sealed class PatchAttempts(Node node, DocumentReader reader, IOptions<DocumentOptions> limits, IOptions<WriteOptions> options)
{
    private readonly PatchTurns _turns = new(options.Value.WaitingPatches);

    /// <param name="documents">Those that the command is computed from, in an order that everybody keeps.</param>
    /// <param name="compute">
    /// From what is committed now, until the deadline. Throws <see cref="DamagedStateException"/> and <see cref="TimeoutException"/>.
    /// </param>
    public async ValueTask<WriteResult> Propose(
        IReadOnlyList<DocumentName> documents, Func<Deadline, Command> compute, Acks acks, Deadline deadline, CancellationToken cancelled)
    {
        // Only to spare the work: whoever does not lead is told so when it proposes.
        if (node.Status is not { Leads: true, Damage: null })
        {
            return new WriteResult.NotLeader();
        }

        using var turn = await _turns.Take(documents, deadline, cancelled);
        if (turn is null)
        {
            return new WriteResult.Overloaded();
        }

        try
        {
            WriteResult result;
            do
            {
                var command = compute(deadline);
                if (deadline.IsOver)
                {
                    return new WriteResult.TooSlow();
                }

                // Also for a client that has gone: the turn ends when the attempt is decided, or its time is over.
                result = await node.Write(command, acks, deadline.Remaining, CancellationToken.None);
            }
            while (result is WriteResult.Applied { Outcome: Outcome.Stale } && !deadline.IsOver);
            return result;
        }
        catch (DamagedStateException e)
        {
            node.ReportDamage(e.Message);
            return new WriteResult.NotLeader();
        }
        catch (TimeoutException)
        {
            return new WriteResult.TooSlow();
        }
    }

    /// <summary>
    /// What a patch makes of the document that is committed now: a put at its version, or what refuses it as long as it has
    /// that version.
    /// </summary>
    /// <exception cref="TimeoutException">The time was over before it was computed.</exception>
    public Change Compute(DocumentName name, Patch patch, Condition? condition, Deadline deadline)
    {
        var (collection, id) = name;
        if (reader.Get(collection, id).Document is not { } document)
        {
            return Refuse(null, condition is null ? new Refusal.NotFound() : new Refusal.PreconditionFailed());
        }

        if (condition is Condition.AtVersion at && !at.Versions.Contains(document.Version))
        {
            return Refuse(document.Version, new Refusal.PreconditionFailed());
        }

        var (body, fault) = patch.Apply(document.Body, limits.Value, deadline);
        return fault is null
            ? new Change.Put(collection, id, new Condition.AsSeen(document.Version), body)
            : Refuse(document.Version, new Refusal.PatchFailed(fault));

        Change.Check Refuse(Protocol.Position? seen, Refusal refusal) => new(collection, id, new Condition.AsSeen(seen), refusal);
    }

    /// <summary>The document as it was written at that position; null: it has changed since.</summary>
    public ReadOnlyMemory<byte>? Read(DocumentName name, Protocol.Position version) =>
        reader.Get(name.Collection, name.Id).Document is { } document && document.Version == version
            ? document.Body
            : default(ReadOnlyMemory<byte>?);
}
