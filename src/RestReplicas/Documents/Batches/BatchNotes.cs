using RestReplicas.Describing;
using System.Text.Json;
using RestReplicas.Documents.Patching;
using RestReplicas.Protocol;

namespace RestReplicas.Documents.Batches;

/// <summary>The route of <see cref="DocumentBatches"/> in words, for the OpenAPI document.</summary>
public static class BatchNotes
{
    private static readonly Position Seen = new(new(7), 48100);

    public static readonly string[] Operations = ["put", "post", "patch", "delete", "check"];

    public static readonly RouteNotes Post = new(
        "runBatch",
        "Change several documents, all or none",
        "Operations over any collections: put, post, patch (an object merges, an array is a JSON Patch), delete, and check, which changes nothing. "
        + "'ifMatch' is a version, or * for any; put and check also take 'ifNoneMatch': *. A document is named at most once. "
        + "Where one operation cannot be done none is, and the problem names it: 'operation' is its number, from 0, and 'path' leads to it in the body.")
    {
        Parameters = [.. SharedNotes.WriteParameters, SharedNotes.BodyCoding],
        Bodies =
        [
            new(
                DocumentBody.MediaType,
                "The operations. A document is stored as the bytes between its braces.",
                """
                {"operations":[
                  {"op":"put","collection":"books","id":"edda","document":{"title":"Edda"},"ifNoneMatch":"*"},
                  {"op":"post","collection":"loans","document":{"book":"edda"}},
                  {"op":"patch","collection":"readers","id":"ari","patch":{"loans":1},"ifMatch":"7.48100"},
                  {"op":"delete","collection":"wishes","id":"edda"},
                  {"op":"check","collection":"branches","id":"north","ifMatch":"*"}
                ]}
                """)
            {
                Schema = typeof(BatchToRun),
            },
        ],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new(
                "Done: a result for each operation, in their order.",
                """
                {"position":"7.48213","results":[
                  {"status":201,"collection":"books","id":"edda","version":"7.48213"},
                  {"status":204,"collection":"wishes","id":"edda","version":null}
                ]}
                """,
                SharedNotes.Preference),
            [202] = new(
                "acks=leader: accepted, not yet decided. Location tells what becomes of it.",
                """{"position":"7.48213","results":[{"status":202,"collection":"books","id":"edda","version":"7.48213"}]}""",
                SharedNotes.Fate,
                SharedNotes.Preference),
            [307] = SharedNotes.RedirectTo("/v1/_batch"),
        },
        Problems =
        [
            .. SharedNotes.WriteProblems,
            .. SharedNotes.BodyProblems[1..],
            Problems.InvalidBatch(new("'put' takes no such member, but: op, collection, id, document, ifMatch, ifNoneMatch.", 92, "/operations/0/ifmatch")),
            SharedNotes.Missing with { Failed = new(3, "/operations/3", null) },
            Problems.PatchFailed(Seen, new(PatchFaultKind.TestFailed, 0, "/loans")) with { Failed = new(2, "/operations/2/patch/0", "/loans") },
            Problems.PatchFailed(Seen, new(PatchFaultKind.TooLarge, 0, "")) with { Failed = new(2, "/operations/2", "") },
            Problems.Contended(SharedNotes.Sample),
        ],
        IsReplicated = true,
    };
}

/// <summary>A batch, as a client sends it.</summary>
/// <param name="Operations">All or none are done. A document is named at most once.</param>
public sealed record BatchToRun(IReadOnlyList<BatchToRunOperation> Operations);

/// <param name="Op">put, post, patch, delete or check.</param>
/// <param name="Id">Of all but post, which mints one.</param>
/// <param name="Document">Of put and post: a JSON object, stored byte by byte.</param>
/// <param name="Patch">Of patch: an object merges (RFC 7396), an array is a JSON Patch (RFC 6902).</param>
/// <param name="IfMatch">The version that the document must have, or * for any.</param>
/// <param name="IfNoneMatch">Of put and check: *, only if there is no document.</param>
public sealed record BatchToRunOperation(
    string Op,
    string Collection,
    string? Id = null,
    object? Document = null,
    JsonElement? Patch = null,
    string? IfMatch = null,
    string? IfNoneMatch = null);
