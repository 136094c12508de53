using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Cluster;

namespace RestReplicas.Documents;

/// <summary>A well-formed write of one document.</summary>
/// <param name="WantsDocument">The answer is to contain the document.</param>
public sealed record DocumentWrite(string Collection, string Id, ReadOnlyMemory<byte> Body, Command Command, bool WantsDocument);

/// <summary>POST, PUT and DELETE of documents.</summary>
public sealed class DocumentWrites(
    Node node, ToLeader toLeader, IOptions<DocumentOptions> limits, IOptions<WriteOptions> options)
{
    /// <summary>Bodies are in memory from the first byte to the answer; however many clients come, they share this much.</summary>
    private readonly Budget _bodies = new(int.MaxValue, options.Value.BodyBytes);

    public async Task<Results<Written, LeaderAnswer, Problem>> Post(string collection, HttpContext context)
    {
        if (Names.CheckCollection(collection) is { } fault)
        {
            return fault;
        }

        // Minted here, once: whoever repeats the command repeats the id.
        var id = Guid.CreateVersion7().ToString();
        if (context.Request.Headers.IfMatch.Count > 0 || context.Request.Headers.IfNoneMatch.Count > 0)
        {
            return Problems.InvalidRequest("If-Match", "A POST makes a new document, so there is no version to compare. PUT takes conditions.");
        }

        return await WriteBody(collection, id, $"/v1/{collection}", context);
    }

    public async Task<Results<Written, LeaderAnswer, Problem>> Put(string collection, string id, HttpContext context) =>
        Names.Check(collection, id) is { } fault ? fault : await WriteBody(collection, id, $"/v1/{collection}/{id}", context);

    public async Task<Results<Written, LeaderAnswer, Problem>> Delete(string collection, string id, HttpContext context)
    {
        if (Names.Check(collection, id) is { } fault)
        {
            return fault;
        }

        return await Write(
            collection, id, $"/v1/{collection}/{id}", default, condition => new Change.Delete(collection, id, condition), context);
    }

    private async Task<Results<Written, LeaderAnswer, Problem>> WriteBody(string collection, string id, string path, HttpContext context)
    {
        var room = (int)Math.Min(context.Request.ContentLength ?? long.MaxValue, limits.Value.MaxBytes);
        if (!_bodies.TryTake(room))
        {
            return Problems.Overloaded();
        }

        try
        {
            var (body, fault) = await DocumentBody.Read(context.Request, limits.Value);
            return fault is not null
                ? fault
                : await Write(collection, id, path, body, condition => new Change.Put(collection, id, condition, body), context);
        }
        finally
        {
            _bodies.Return(room);
        }
    }

    private async Task<Results<Written, LeaderAnswer, Problem>> Write(
        string collection, string id, string path, ReadOnlyMemory<byte> body, Func<Condition?, Change> change, HttpContext context)
    {
        var request = context.Request;
        var query = new QueryReader(request);
        var levels = WriteLevels.Read(query, options.Value);
        Condition? condition = null;
        IdempotencyKey? key = null;
        var fault = query.Finish()
            ?? EntityTags.ReadCondition(request, out condition)
            ?? IdempotencyHeader.Read(request, path, body.Span, out key)
            ?? CheckAcks(levels, condition, key);
        if (fault is not null)
        {
            return fault;
        }

        // Step 1: the request is well formed; it is a command.
        var write = new DocumentWrite(collection, id, body, new(key, [change(condition)]), WantsDocument(request));
        return await Carry(write, levels, context);
    }

    /// <summary>Until it is applied nobody knows what a condition or a key makes of a write (protocol.md §6).</summary>
    private static Problem? CheckAcks(WriteLevels levels, Condition? condition, IdempotencyKey? key) =>
        levels.Acks == Acks.Leader && (condition is not null || key is not null)
            ? Problems.InvalidRequest(
                "acks",
                "acks=leader answers before the outcome is known, so it goes with neither a condition nor an Idempotency-Key.")
            : null;

    /// <summary>
    /// Asks first, and translates the refusal: elsewhere if a leader is heard, else a wait until there is one. A write
    /// that was lost certainly did not happen, so it may be sent on like one that was refused.
    /// </summary>
    private async Task<Results<Written, LeaderAnswer, Problem>> Carry(DocumentWrite write, WriteLevels levels, HttpContext context)
    {
        var deadline = Deadline.After(levels.Timeout);
        var cancelled = context.RequestAborted;
        while (true)
        {
            var before = node.Status;
            var result = await node.Write(write.Command, levels.Acks, deadline.Remaining, cancelled);
            if (result is not (WriteResult.NotLeader or WriteResult.Lost) || deadline.IsOver)
            {
                return Answer(write, result, context);
            }

            var status = await node.WaitForStatus(s => s.LeaderElsewhere is not null || Takes(s, before), deadline.Remaining, cancelled);
            if (status.LeaderElsewhere is { } leader)
            {
                if (Relay.IsMarked(context.Request))
                {
                    return Answer(write, result, context);
                }

                if (await toLeader.Send(context, leader, write.Body, levels.Timeout) is { } answer)
                {
                    return answer;
                }

                status = await node.WaitForStatus(s => s.LeaderElsewhere != leader, deadline.Remaining, cancelled);
                if (status.LeaderElsewhere != leader)
                {
                    continue;
                }
            }

            if (!Takes(status, before))
            {
                return Answer(write, result, context);
            }
        }
    }

    /// <summary>Worth asking again here: something has changed since the refusal.</summary>
    private static bool Takes(NodeStatus status, NodeStatus refused) =>
        status.Leads && !status.Draining && !ReferenceEquals(status, refused);

    private static Results<Written, LeaderAnswer, Problem> Answer(DocumentWrite write, WriteResult result, HttpContext context)
    {
        ReplicaHeaders.Of(context)?.Write(result);
        return WriteAnswers.Of(write, result);
    }

    private static bool WantsDocument(HttpRequest request) =>
        request.Headers.GetCommaSeparatedValues("Prefer")
            .Any(preference => preference.Split(';')[0].Trim().Equals("return=representation", StringComparison.OrdinalIgnoreCase));
}
