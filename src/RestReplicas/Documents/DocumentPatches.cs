using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using RestReplicas.Cluster;
using RestReplicas.Documents.Patching;

namespace RestReplicas.Documents;

/// <summary>PATCH of documents, by either kind of patch.</summary>
public sealed class DocumentPatches(
    WriteGate gate, RequestBodies bodies, PatchAttempts attempts, IOptions<DocumentOptions> limits, IOptions<WriteOptions> options)
{
    /// <summary>Beyond its values a JSON Patch has two levels of its own.</summary>
    private const int LevelsOfAPatch = 2;

    private static readonly string[] MediaTypes = [MergePatch.MediaType, JsonPatch.MediaType];

    public async Task<Results<Written, LeaderAnswer, Problem>> Patch(string collection, string id, HttpContext context)
    {
        if (Names.Check(collection, id) is { } misnamed)
        {
            return misnamed;
        }

        using var room = bodies.Reserve(context.Request, limits.Value.MaxBytes);
        if (room.IsRefused)
        {
            return Problems.Overloaded();
        }

        var (body, unread) = await DocumentBody.ReadBytes(context.Request, limits.Value.MaxBytes, MediaTypes);
        if (unread is not null)
        {
            return unread with { Header = unread.Header ?? ("Accept-Patch", string.Join(", ", MediaTypes)) }; // RFC 5789 §3.1
        }

        var ill = WriteTerms.Read(context.Request, $"/v1/{collection}/{id}", body, options.Value, out var terms) ?? CheckTerms(terms);
        if ((Read(context.Request, body, out var patch) ?? ill) is { } fault)
        {
            return fault;
        }

        // Step 1: the request is well formed; what the command is follows from the document.
        return await gate.Carry(context, new PatchWrite(new(collection, id), patch!, attempts, terms, body));
    }

    private Problem? Read(HttpRequest request, byte[] body, out Patch? patch)
    {
        patch = null;
        if (DocumentCheck.FindFault(body, limits.Value.MaxDepth + LevelsOfAPatch, anyRoot: true) is { } malformed)
        {
            return Problems.InvalidPatch(malformed);
        }

        var value = JsonValue.Parse(body);
        var type = MediaTypeHeaderValue.Parse(request.ContentType).MediaType;
        var merges = type.Equals(MergePatch.MediaType, StringComparison.OrdinalIgnoreCase);
        if (merges != (value.Kind == JsonValueKind.Object))
        {
            var detail = merges
                ? "A merge patch that is no object would replace the document by what is none (RFC 7396 §2)."
                : "A JSON Patch is an array of operations (RFC 6902 §3).";
            return Problems.InvalidPatch(new(detail, 0, ""));
        }

        (patch, var fault) = Patching.Patch.Read(value, "", limits.Value);
        return fault is null ? null : Problems.InvalidPatch(fault.In(body));
    }

    private static Problem? CheckTerms(WriteTerms terms) =>
        terms.Condition is Condition.Absent
            ? Problems.InvalidRequest(HeaderNames.IfNoneMatch, "A PATCH changes a document that is there. PUT creates one.")
        : terms.Levels.Acks == Acks.Leader
            ? Problems.InvalidRequest("acks", "acks=leader answers before the outcome is known, and a patch has none before it is applied.")
        : null;
}

/// <summary>A patch of one document; computed anew for every attempt.</summary>
public sealed record PatchWrite(DocumentName Name, Patch Patch, PatchAttempts Attempts, WriteTerms Terms, ReadOnlyMemory<byte> Body)
    : WriteRequest<Written>(Terms, Body)
{
    private Change? _last;

    public override ValueTask<WriteResult> Propose(Node node, Deadline deadline, CancellationToken cancelled) =>
        Attempts.Propose([Name], Compute, Terms.Levels.Acks, deadline, cancelled);

    public override Written Answer(Verdict verdict) => Written.Of(Name.Collection, Name.Id, verdict, Terms) with
    {
        Document = !Terms.WantsDocument ? null
            : verdict.Replayed ? Attempts.Read(Name, verdict.At)
            : (_last as Change.Put)?.Body,
    };

    private Command Compute(Deadline deadline) =>
        new(Terms.Key, [_last = Attempts.Compute(Name, Patch, Terms.Condition, deadline)]);
}
