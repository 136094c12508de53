using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Documents.Lists;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Documents;

/// <summary>GET and HEAD of documents, of pages of them, and of the list of collections.</summary>
public sealed class DocumentReads(
    ReadGate gate, LongReads longReads, DocumentReader reader, IOptions<ReadOptions> options, IOptions<DocumentOptions> limits)
{
    public Task<Results<DocumentAnswer, LeaderAnswer, Problem>> Get(string collection, string id, HttpContext context)
    {
        var query = new QueryReader(context.Request);
        var levels = ReadLevels.Read(context.Request, query, options.Value);
        return (Names.Check(collection, id) ?? query.Finish()) is { } fault
            ? Task.FromResult<Results<DocumentAnswer, LeaderAnswer, Problem>>(fault)
            : gate.Serve<DocumentAnswer>(context, levels, () =>
            {
                var (applied, document) = reader.Get(collection, id);
                return ValueTask.FromResult((applied, Answer(document, context)));
            });
    }

    public async Task<Results<PageAnswer, LeaderAnswer, Problem>> List(string collection, HttpContext context)
    {
        var query = new QueryReader(context.Request);
        var levels = ReadLevels.Read(context.Request, query, options.Value);
        var list = ListRequest.Read(query, collection, limits.Value);
        if ((Names.CheckCollection(collection) ?? query.Finish()) is { } fault)
        {
            return fault;
        }

        if (list!.Query is { Filters: [], Order.Paths: [] })
        {
            return await gate.Serve<PageAnswer>(context, levels, () => Read(list, context));
        }

        if (!longReads.TryEnter())
        {
            return Problems.Busy("Too many lists are being read.");
        }

        try
        {
            return await gate.Serve<PageAnswer>(context, levels, () => longReads.Run(() => Read(list, context)));
        }
        finally
        {
            longReads.Leave();
        }
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

    private (Position Applied, Results<PageAnswer, LeaderAnswer, Problem> Answer) Read(ListRequest list, HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        var (applied, result) = reader.List(list.Query, context.RequestAborted);
        var (milliseconds, rows) = (Stopwatch.GetElapsedTime(started).TotalMilliseconds, result.Cost.Rows);
        var way = result.Cost.Index is { } index ? $"index {index}" : "without an index";
        context.Response.Headers["Server-Timing"] = string.Create(
            CultureInfo.InvariantCulture, $"list;dur={milliseconds:F1};desc=\"{rows} documents read, {way}\"");
        return (applied, Answer(list, result, context));
    }

    private Results<PageAnswer, LeaderAnswer, Problem> Answer(ListRequest list, ListResult result, HttpContext context)
    {
        if (result is not ListResult.Page page)
        {
            return Problems.NeedsIndex(list.Query, (result as ListResult.NeedsIndex)?.Filling);
        }

        var next = page.Next is null ? null : Cursor.After(page.Next, list.Question.Span);
        return Codings.Choose(context, page.Items.Sum(item => (long)item.Body.Length) >= options.Value.CompressFrom) is { } coding
            ? new PageAnswer(page.Items, next, list.Fields, coding)
            : Problems.NoCoding();
    }

    private Results<DocumentAnswer, LeaderAnswer, Problem> Answer(StoredDocument? document, HttpContext context)
    {
        var request = context.Request;
        if (document is null)
        {
            return request.Headers.IfMatch.Count > 0
                ? Problems.PreconditionFailed(null)
                : Problems.NotFound("There is no document of that id in the collection. PUT creates one.");
        }

        if (Codings.Choose(context, document.Body.Length >= options.Value.CompressFrom) is not { } coding)
        {
            return Problems.NoCoding();
        }

        return EntityTags.Judge(request, document.Version, ref coding, out var problem) switch
        {
            ReadVerdict.Refuse => problem!,
            var verdict => new DocumentAnswer(document, coding, verdict == ReadVerdict.NotModified),
        };
    }
}

/// <summary>The answer to <c>GET /v1</c>.</summary>
public sealed record CollectionsBody(IReadOnlyList<CollectionCount> Collections);

/// <param name="Name">The collection.</param>
/// <param name="Count">How many documents it holds.</param>
public sealed record CollectionCount(string Name, long Count);
