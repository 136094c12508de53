using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Storage;

namespace RestReplicas.Documents;

/// <summary>GET and HEAD of documents, of pages of them, and of the list of collections.</summary>
public sealed class DocumentReads(
    ReadGate gate, DocumentReader reader, IOptions<ReadOptions> options, IOptions<DocumentOptions> limits)
{
    public async Task<Results<DocumentAnswer, LeaderAnswer, Problem>> Get(string collection, string id, HttpContext context)
    {
        var query = new QueryReader(context.Request);
        var levels = ReadLevels.Read(context.Request, query, options.Value);
        if ((Names.Check(collection, id) ?? query.Finish()) is { } fault)
        {
            return fault;
        }

        return await gate.Serve<DocumentAnswer>(context, levels, () =>
        {
            var (applied, document) = reader.Get(collection, id);
            return (applied, Answer(document, context.Request));
        });
    }

    public async Task<Results<PageAnswer, LeaderAnswer, Problem>> List(string collection, HttpContext context)
    {
        var query = new QueryReader(context.Request);
        var levels = ReadLevels.Read(context.Request, query, options.Value);
        var limit = (int?)query.Number("limit", 1, limits.Value.MaxPageSize, "documents") ?? limits.Value.PageSize;
        var after = Cursor.Read(query, collection);
        if ((Names.CheckCollection(collection) ?? query.Finish()) is { } fault)
        {
            return fault;
        }

        return await gate.Serve<PageAnswer>(context, levels, () =>
        {
            var (applied, items, more) = reader.List(collection, after, limit);
            return (applied, new PageAnswer(items, more ? Cursor.After(collection, items[^1].Id) : null));
        });
    }

    public async Task<Results<Ok<CollectionsBody>, LeaderAnswer, Problem>> Collections(HttpContext context)
    {
        var query = new QueryReader(context.Request);
        var levels = ReadLevels.Read(context.Request, query, options.Value);
        if (query.Finish() is { } fault)
        {
            return fault;
        }

        return await gate.Serve<Ok<CollectionsBody>>(context, levels, () =>
        {
            var (applied, collections) = reader.Collections();
            return (applied, TypedResults.Ok(new CollectionsBody([.. collections.Select(c => new CollectionCount(c.Collection, c.Count))])));
        });
    }

    private static Results<DocumentAnswer, LeaderAnswer, Problem> Answer(StoredDocument? document, HttpRequest request)
    {
        if (document is null)
        {
            return request.Headers.IfMatch.Count > 0
                ? Problems.PreconditionFailed(null)
                : Problems.NotFound("There is no document of that id in the collection.");
        }

        return EntityTags.Judge(request, document.Version, out var problem) switch
        {
            ReadVerdict.Refuse => problem!,
            var verdict => new DocumentAnswer(document, verdict == ReadVerdict.NotModified),
        };
    }
}

/// <summary>The answer to <c>GET /v1</c>.</summary>
public sealed record CollectionsBody(IReadOnlyList<CollectionCount> Collections);

/// <param name="Name">The collection.</param>
/// <param name="Count">How many documents it holds.</param>
public sealed record CollectionCount(string Name, long Count);
