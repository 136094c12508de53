using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Cluster;
using RestReplicas.Storage;

namespace RestReplicas.Documents.Lists;

/// <summary>The indexes of a collection: what is defined is replicated like any write, how far it is filled is each node's own.</summary>
public sealed class IndexEndpoints(
    ReadGate reads,
    WriteGate writes,
    DocumentReader reader,
    RequestBodies bodies,
    IOptions<DocumentOptions> limits,
    IOptions<ReadOptions> readOptions,
    IOptions<WriteOptions> writeOptions)
{
    private const string Missing = "There is no index of that name on the collection.";

    public async Task<Results<Written, LeaderAnswer, Problem>> Put(string collection, string name, HttpContext context)
    {
        if ((Names.CheckCollection(collection) ?? Names.CheckIndex(name)) is { } misnamed)
        {
            return misnamed;
        }

        using var room = bodies.Reserve(context.Request, limits.Value.MaxBytes);
        if (room.IsRefused)
        {
            return Problems.Overloaded();
        }

        var (body, unread) = await DocumentBody.Read(context.Request, limits.Value);
        return unread is not null ? unread
            : ReadPath(body, out var path) is { } fault ? Problems.InvalidDocument(fault)
            : await Carry(new Change.PutIndex(collection, name, path!.Text), body, context);
    }

    public async Task<Results<Written, LeaderAnswer, Problem>> Delete(string collection, string name, HttpContext context) =>
        (Names.CheckCollection(collection) ?? Names.CheckIndex(name)) is { } misnamed
            ? misnamed
            : await Carry(new Change.DeleteIndex(collection, name), default, context);

    public async Task<Results<Ok<IndexesBody>, LeaderAnswer, Problem>> List(string collection, HttpContext context)
    {
        var query = new QueryReader(context.Request);
        var levels = ReadLevels.Read(context.Request, query, readOptions.Value);
        var fault = Names.CheckCollection(collection) ?? query.Finish();
        return fault is not null ? fault : await reads.Serve<Ok<IndexesBody>>(context, levels, () =>
        {
            var (applied, indexes) = reader.Indexes(collection);
            return (applied, TypedResults.Ok(new IndexesBody([.. indexes.Select(IndexBody.Of)])));
        });
    }

    public async Task<Results<Ok<IndexBody>, LeaderAnswer, Problem>> Get(string collection, string name, HttpContext context)
    {
        var query = new QueryReader(context.Request);
        var levels = ReadLevels.Read(context.Request, query, readOptions.Value);
        var fault = Names.CheckCollection(collection) ?? Names.CheckIndex(name) ?? query.Finish();
        return fault is not null ? fault : await reads.Serve<Ok<IndexBody>>(context, levels, () =>
        {
            var (applied, indexes) = reader.Indexes(collection);
            return (applied, indexes.FirstOrDefault(index => index.Name == name) is { } found
                ? TypedResults.Ok(IndexBody.Of(found))
                : Problems.NotFound(Missing));
        });
    }

    private async Task<Results<Written, LeaderAnswer, Problem>> Carry(Change change, ReadOnlyMemory<byte> body, HttpContext context)
    {
        var route = $"{change.Collection}/_indexes";
        if (WriteTerms.Read(context.Request, $"/v1/{route}/{change.Id}", body.Span, writeOptions.Value, out var terms) is { } fault)
        {
            return fault;
        }

        if (EntityTags.HeaderOfCondition(context.Request) is { } condition)
        {
            return Problems.InvalidRequest(condition, "An index has no version to compare: what is put replaces what is there.");
        }

        var write = new DocumentWrite(route, change.Id, new(terms.Key, [change]), terms with { Return = ReturnPreference.Unstated }, body);
        var answer = await writes.Carry(context, write);
        return answer.Result is Problem { Status: StatusCodes.Status404NotFound } problem ? problem with { Detail = Missing } : answer;
    }

    /// <summary>What is wrong with the body, or null.</summary>
    private static DocumentFault? ReadPath(byte[] body, out MemberPath? path)
    {
        path = null;
        var detail = """An index is on one path, and nothing else: {"path": "customer.country"}.""";
        using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 1024 });
        if (json.RootElement.EnumerateObject().ToList() is not [{ Name: "path", Value.ValueKind: JsonValueKind.String } only])
        {
            return new(detail, 0, "");
        }

        path = MemberPath.Parse(only.Value.GetString(), out detail);
        return path is null ? new(detail, 0, "/path") : null;
    }
}

/// <summary>What an index is made of, for the OpenAPI document.</summary>
/// <param name="Path">Into documents: names with dots between them.</param>
public sealed record IndexPath(string Path);

/// <summary>The answer to <c>GET /v1/{collection}/_indexes</c>.</summary>
public sealed record IndexesBody(IReadOnlyList<IndexBody> Indexes);

/// <summary>An index.</summary>
/// <param name="Path">Of the values that it holds.</param>
/// <param name="Version">The position of the write that defined it.</param>
/// <param name="State"><c>building</c>, or <c>ready</c>: then this node uses it.</param>
/// <param name="Progress">How much of it this node has, from 0 to 1.</param>
public sealed record IndexBody(string Name, string Path, string Version, string State, double Progress)
{
    public static IndexBody Of(StoredIndex index) => new(
        index.Name,
        index.Path,
        index.Version.ToString(),
        index.Progress is null ? "ready" : "building",
        Math.Round(index.Progress ?? 1, 2));
}
