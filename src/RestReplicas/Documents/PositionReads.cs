using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Cluster;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Documents;

/// <summary>GET /v1/_positions/{position}: what became of a write whose answer was lost, or came early.</summary>
public sealed class PositionReads(
    Node node, ReadGate gate, DocumentReader reader, ToLeader toLeader, IOptions<ReadOptions> options)
{
    public async Task<Results<Ok<PositionBody>, LeaderAnswer, Problem>> Get(string position, HttpContext context)
    {
        var query = new QueryReader(context.Request);
        var levels = ReadLevels.Read(context.Request, query, options.Value);
        if (!Position.TryParse(position, out var at) || at == Position.Zero)
        {
            query.Refuse("position", "A position is term.index as answers give it: 7.48213.");
        }

        if (query.Finish() is { } fault)
        {
            return fault;
        }

        PositionFate fate = new PositionFate.Unknown();
        var answer = await gate.Serve<Ok<PositionBody>>(
            context,
            levels,
            () =>
            {
                (var applied, fate) = reader.Fate(at);
                return (applied, TypedResults.Ok(Body(at, fate)));
            },
            inSession: false); // who asks about a write that is pending must not wait until it is not
        return answer.Result is Ok<PositionBody> && fate is PositionFate.Unknown && !levels.OnlyIfCached
            && node.Status.LeaderElsewhere is { } leader && !Relay.IsMarked(context.Request)
            && await toLeader.Send(context, leader, default, levels.Timeout) is { } elsewhere
                ? elsewhere
                : answer;
    }

    private static PositionBody Body(Position at, PositionFate fate) => fate switch
    {
        PositionFate.Committed(null) => new(at.ToString(), "committed", null),
        PositionFate.Committed({ } outcome) => new(at.ToString(), "committed", Body(WriteAnswers.Judge(at, outcome))),
        PositionFate.Forgotten => new(at.ToString(), "committed", null, OutcomeKept: false),
        PositionFate.Pending => new(at.ToString(), "pending", null),
        PositionFate.Lost => new(at.ToString(), "lost", null),
        _ => new(at.ToString(), "unknown", null),
    };

    private static OutcomeBody Body(Verdict verdict) => new(
        verdict.Status,
        verdict.Id,
        verdict.Problem is null && verdict.Status != StatusCodes.Status204NoContent ? verdict.At.ToString() : null,
        verdict.Problem?.Type,
        verdict.Problem?.Current?.Version?.ToString(),
        verdict.Change,
        verdict.Done is { Results.Count: > 1 } batch
            ? [.. batch.Results.Zip(batch.Ids, (result, id) => new OutcomeResult(WriteAnswers.StatusOf(result), id))]
            : null);
}

/// <param name="Position">As it was asked for.</param>
/// <param name="State"><c>committed</c>, <c>pending</c>, <c>lost</c> or <c>unknown</c> (not known here, nor to a leader).</param>
/// <param name="Outcome">Of a committed write; null for entries that are the cluster's own, and where it is not kept.</param>
/// <param name="OutcomeKept">False: committed so long ago that this node no longer knows with what outcome.</param>
public sealed record PositionBody(string Position, string State, OutcomeBody? Outcome, bool OutcomeKept = true);

/// <summary>What the write's own client was told, or would have been.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Id">Of the document; null: nothing was changed.</param>
/// <param name="Version">Of the document that it left; null: it left none.</param>
/// <param name="Type">The problem's type, if it was refused.</param>
/// <param name="Current">With <c>precondition-failed</c>: the version that it found.</param>
/// <param name="Operation">The one that was refused, from 0; null: it was done, or it is none of its operations that refuses it.</param>
/// <param name="Results">Of a batch of several operations, one for each, in their order; null: it was no such batch, or was not done.</param>
public sealed record OutcomeBody(
    int Status, string? Id, string? Version, string? Type, string? Current, int? Operation, IReadOnlyList<OutcomeResult>? Results);

/// <param name="Status">What the operation would have been answered by itself.</param>
/// <param name="Id">Of the document.</param>
public sealed record OutcomeResult(int Status, string Id);
