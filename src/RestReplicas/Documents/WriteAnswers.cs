using Microsoft.AspNetCore.Http.HttpResults;
using RestReplicas.Cluster;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Documents;

/// <summary>From what became of a write to what its client is told: the one place.</summary>
public static class WriteAnswers
{
    public static Results<T, LeaderAnswer, Problem> Of<T>(WriteRequest<T> write, WriteResult result)
        where T : IResult
    {
        // Step 8: the client knows.
        switch (result)
        {
            case WriteResult.Applied(var position, var outcome, _, _):
                return Of(write, Judge(position, outcome));

            case WriteResult.Accepted(var position, _, _):
                return write.Answer(new(position, StatusCodes.Status202Accepted));

            case WriteResult.AcksIncomplete(var position, var outcome, var acks, var voters):
                var verdict = Judge(position, outcome);
                return verdict.Problem is null ? Problems.AcksIncomplete(verdict.At, acks, voters) with { Replayed = verdict.Replayed } : Of(write, verdict);

            case WriteResult.Overloaded:
                return Problems.Overloaded();

            case WriteResult.TooSlow:
                return Problems.Busy("The time given was over before the patch was computed, so nothing was written. Send less at once, or allow more time (timeout).");

            case WriteResult.StorageFull:
                return Problems.StorageFull();

            case WriteResult.Lost(var position):
                return Problems.NoLeader(
                    "The leader that had the write was replaced before a majority had it: it certainly did not happen. Repeat it.")
                    with
                {
                    Position = position,
                };

            case WriteResult.NotLeader:
                return Problems.NoLeader("No leader was found in the time given, so nothing was written. Repeat it a little later.");

            case WriteResult.Unknown(var position):
                return Problems.OutcomeUnknown(position, "The time given was over before a majority had it.");

            default:
                throw new InvalidOperationException($"no answer for {result.GetType().Name}");
        }
    }

    /// <summary>What an outcome means in HTTP, whoever asks: the write's own client, its repetition, or a look at its position.</summary>
    public static Verdict Judge(Position at, Outcome outcome) => outcome switch
    {
        Outcome.Done done => new(at, done.Results is [var only] ? StatusOf(only) : StatusCodes.Status200OK) { Done = done },
        Outcome.PreconditionFailed(var change, var current) => Refusal(at, Problems.PreconditionFailed(current), change),
        Outcome.NotFound(var change) => Refusal(at, Problems.NotFound("There is no document of that id in the collection, so nothing was changed. PUT creates one."), change),
        Outcome.PatchFailed(var change, var current, var fault) => Refusal(at, Problems.PatchFailed(current, fault), change),
        Outcome.Stale => Refusal(at, Problems.Contended(at)),
        Outcome.TooManyIndexes => Refusal(at, Problems.Refused($"The collection has {IndexTable.Most} indexes, as many as it may: delete one first.")),
        Outcome.KeyMismatch => Refusal(at, Problems.IdempotencyMismatch()),
        Outcome.Replayed(var first, var original) => Judge(first, original) with { Replayed = true },
        _ => throw new InvalidOperationException($"no answer for {outcome.GetType().Name}"),
    };

    private static Verdict Refusal(Position at, Problem problem, int? change = null) =>
        new(at, problem.Status) { Problem = problem with { Position = at }, Change = change };

    /// <summary>Of a change that was made.</summary>
    public static int StatusOf(ChangeResult result) => result switch
    {
        ChangeResult.Created => StatusCodes.Status201Created,
        ChangeResult.Deleted => StatusCodes.Status204NoContent,
        _ => StatusCodes.Status200OK,
    };

    private static Results<T, LeaderAnswer, Problem> Of<T>(WriteRequest<T> write, Verdict verdict)
        where T : IResult => verdict.Problem is { } problem
            ? (verdict.Change is { } change ? write.Refuse(problem, change) : problem) with { Replayed = verdict.Replayed }
            : write.Answer(verdict);
}

/// <param name="At">Position of the write: the version of the documents that it left.</param>
/// <param name="Status">The HTTP status of its answer.</param>
public sealed record Verdict(Position At, int Status)
{
    /// <summary>Null: nothing was changed, or (202) nobody knows yet.</summary>
    public Outcome.Done? Done { get; init; }

    /// <summary>Of the (first) document that was written.</summary>
    public string? Id => Done?.Ids[0];

    /// <summary>Null: it was done.</summary>
    public Problem? Problem { get; init; }

    /// <summary>Number of the one that was refused, from 0; null: it was done, or the reason is none of its changes.</summary>
    public int? Change { get; init; }

    public bool Replayed { get; init; }
}
