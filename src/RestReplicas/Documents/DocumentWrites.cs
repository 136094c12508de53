using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace RestReplicas.Documents;

/// <summary>POST, PUT and DELETE of documents.</summary>
public sealed class DocumentWrites(
    WriteGate gate, RequestBodies bodies, IOptions<DocumentOptions> limits, IOptions<WriteOptions> options)
{
    public async Task<Results<Written, LeaderAnswer, Problem>> Post(string collection, HttpContext context)
    {
        if (Names.CheckCollection(collection) is { } fault)
        {
            return fault;
        }

        if (EntityTags.HeaderOfCondition(context.Request) is { } condition)
        {
            return Problems.InvalidRequest(condition, "A POST makes a new document, so there is no version to compare. PUT takes conditions.");
        }

        // Minted here, once: whoever repeats the command repeats the id.
        return await Store(collection, Guid.CreateVersion7().ToString(), $"/v1/{collection}", context);
    }

    public async Task<Results<Written, LeaderAnswer, Problem>> Put(string collection, string id, HttpContext context) =>
        Names.Check(collection, id) is { } fault ? fault : await Store(collection, id, $"/v1/{collection}/{id}", context);

    public async Task<Results<Written, LeaderAnswer, Problem>> Delete(string collection, string id, HttpContext context)
    {
        if (Names.Check(collection, id) is { } misnamed)
        {
            return misnamed;
        }

        if (WriteTerms.Read(context.Request, $"/v1/{collection}/{id}", default, options.Value, out var terms) is { } fault)
        {
            return fault;
        }

        return await Carry(new Change.Delete(collection, id, terms.Condition), terms, default, context);
    }

    private async Task<Results<Written, LeaderAnswer, Problem>> Store(string collection, string id, string path, HttpContext context)
    {
        using var room = bodies.Reserve(context.Request, limits.Value.MaxBytes);
        if (room.IsRefused)
        {
            return Problems.Overloaded();
        }

        var (body, unread) = await DocumentBody.Read(context.Request, limits.Value);
        if (unread is not null)
        {
            return unread;
        }

        if (WriteTerms.Read(context.Request, path, body, options.Value, out var terms) is { } fault)
        {
            return fault;
        }

        return await Carry(new Change.Put(collection, id, terms.Condition, body), terms, body, context);
    }

    private Task<Results<Written, LeaderAnswer, Problem>> Carry(Change change, WriteTerms terms, ReadOnlyMemory<byte> body, HttpContext context)
    {
        // Step 1: the request is well formed; it is a command.
        var command = new Command(terms.Key, [change]);
        return gate.Carry(context, new DocumentWrite(change.Collection, change.Id, command, terms, body));
    }
}
