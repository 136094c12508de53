using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Cluster;
using RestReplicas.Documents.Patching;

namespace RestReplicas.Documents.Batches;

/// <summary>POST /v1/_batch: changes of several documents, all or none.</summary>
public sealed class DocumentBatches(
    WriteGate gate, RequestBodies bodies, PatchAttempts attempts, IOptions<DocumentOptions> limits, IOptions<WriteOptions> options)
{
    private static readonly string[] MediaTypes = [DocumentBody.MediaType];

    public async Task<Results<BatchAnswer, LeaderAnswer, Problem>> Post(HttpContext context)
    {
        var most = limits.Value.MaxBatchBytes;
        using var room = bodies.Reserve(context.Request, most);
        if (room.IsRefused)
        {
            return Problems.Overloaded();
        }

        var (body, unread) = await DocumentBody.ReadBytes(context.Request, most, MediaTypes);
        if (unread is not null)
        {
            return unread.Status == StatusCodes.Status413PayloadTooLarge
                ? unread with { Detail = $"A batch has at most {most} bytes here (Documents:MaxBatchBytes)." }
                : unread;
        }

        if (new BatchReader(body, limits.Value).Read(out var malformed) is not { } operations)
        {
            return Problems.InvalidBatch(malformed!);
        }

        var fault = WriteTerms.Read(context.Request, "/v1/_batch", body, options.Value, out var terms) ?? CheckTerms(context.Request, terms, operations);
        if (fault is not null)
        {
            return fault;
        }

        // Step 1: the request is well formed; it is a command, or what it is follows from the documents that it patches.
        return await gate.Carry(context, new BatchWrite(operations, attempts, most, terms, body));
    }

    private static Problem? CheckTerms(HttpRequest request, WriteTerms terms, IReadOnlyList<BatchOperation> operations) =>
        EntityTags.HeaderOfCondition(request) is { } condition
            ? Problems.InvalidRequest(condition, "Conditions stand in the operations: \"ifMatch\" and \"ifNoneMatch\".")
        : terms.Levels.Acks == Acks.Leader && !operations.All(o => o is BatchOperation.Known { Change.Condition: null })
            ? Problems.InvalidRequest(
                "acks", "acks=leader answers before the outcome is known, so it goes with neither conditions nor patches.")
        : null;
}

/// <summary>A batch; where it patches documents it is computed anew for every attempt.</summary>
/// <param name="MaxBytes">Of all documents that it stores, together.</param>
public sealed record BatchWrite(
    IReadOnlyList<BatchOperation> Operations, PatchAttempts Attempts, long MaxBytes, WriteTerms Terms, ReadOnlyMemory<byte> Body)
    : WriteRequest<BatchAnswer>(Terms, Body)
{
    private List<Change> _last = [];

    public override ValueTask<WriteResult> Propose(Node node, Deadline deadline, CancellationToken cancelled)
    {
        List<DocumentName> patched =
        [
            .. Operations.OfType<BatchOperation.Patched>().Select(o => o.Name)
                .OrderBy(name => name.Collection, StringComparer.Ordinal).ThenBy(name => name.Id, StringComparer.Ordinal),
        ];
        return patched.Count == 0
            ? node.Write(Compute(deadline), Terms.Levels.Acks, deadline.Remaining, cancelled)
            : Attempts.Propose(patched, Compute, Terms.Levels.Acks, deadline, cancelled);
    }

    public override BatchAnswer Answer(Verdict verdict) => new(verdict.At, [.. Operations.Select((o, i) => Result(o, i, verdict))])
    {
        IsAccepted = verdict.Done is null,
        Preferred = Terms.Return,
        Replayed = verdict.Replayed,
    };

    public override Problem Refuse(Problem problem, int change)
    {
        var within = problem.Failed is { } failed && Operations[change] is BatchOperation.Patched { Patch: Patch.Operations }
            ? $"/patch/{failed.Operation}"
            : "";
        return problem with { Failed = new(change, $"/operations/{change}{within}", problem.Failed?.Target) };
    }

    private BatchResult Result(BatchOperation operation, int number, Verdict verdict)
    {
        // A repeated post proposed an id of its own; the document has the first one's.
        var name = operation.Name with { Id = verdict.Done?.Ids[number] ?? operation.Name.Id };
        var leaves = operation is BatchOperation.Patched or BatchOperation.Known { Change: Change.Put };
        return new(verdict.Done is { } done ? WriteAnswers.StatusOf(done.Results[number]) : StatusCodes.Status202Accepted, name)
        {
            Version = leaves ? verdict.At : null,
            Document = !leaves || !Terms.WantsDocument || verdict.Done is null ? null
                : operation is BatchOperation.Known { Change: Change.Put put } ? put.Body
                : verdict.Replayed ? Attempts.Read(name, verdict.At)
                : (_last[number] as Change.Put)?.Body,
        };
    }

    /// <summary>What comes after a change that is refused decides nothing, and is left out.</summary>
    private Command Compute(Deadline deadline)
    {
        var changes = new List<Change>(Operations.Count);
        var bytes = Operations.Sum(o => o is BatchOperation.Known { Change: Change.Put put } ? put.Body.Length : 0L);
        foreach (var operation in Operations)
        {
            var change = operation switch
            {
                BatchOperation.Known known => known.Change,
                BatchOperation.Patched patched => Attempts.Compute(patched.Name, patched.Patch, patched.Condition, deadline),
                _ => throw new InvalidOperationException("an operation of an unknown kind"),
            };
            if (operation is BatchOperation.Patched && change is Change.Put put && (bytes += put.Body.Length) > MaxBytes)
            {
                var tooLarge = new Refusal.PatchFailed(new(PatchFaultKind.TooLarge, 0, ""));
                change = new Change.Check(put.Collection, put.Id, put.Condition!, tooLarge);
            }

            changes.Add(change);
            if (change is Change.Check { Refusal: not null })
            {
                break;
            }
        }

        return new(Terms.Key, _last = changes);
    }
}
