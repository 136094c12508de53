using RestReplicas.Describing;
using RestReplicas.Documents.Lists;
using RestReplicas.Documents.Patching;
using static RestReplicas.Documents.SharedNotes;

namespace RestReplicas.Documents;

/// <summary>The routes of <see cref="DocumentRoutes"/> in words, for the OpenAPI document.</summary>
public static class DocumentNotes
{
    private const string Written = """{"id":"0199f3c2-6f1b-7d40-9a53-3b7d5a1c2e4f","version":"7.48213"}""";
    private const string Document = """{"title":"Edda","pages":300}""";

    private static readonly BodyNote DocumentToSend = new(DocumentBody.MediaType, "The document: a JSON object, stored byte by byte.", Document);

    private static readonly ParameterNote AnswerCoding = new(
        "Accept-Encoding", "header", "How the answer may be compressed: br, gzip, or identity for not at all. Small ones are not, where identity will do.", "br, gzip");

    private static readonly HeaderNote Coded = new("Content-Encoding", "How it is compressed, where Accept-Encoding asks for it and it is worth it.", "br");
    private static readonly HeaderNote Vary = new("Vary", "Another Accept-Encoding may get other bytes: of what is large enough to be compressed.", "Accept-Encoding");
    private static readonly HeaderNote ReadETag = new("ETag", "The document's version in quotes; compressed, with -gzip or -br after it.", "\"7.48213\"");
    private static readonly HeaderNote LastModified = new("Last-Modified", "When it was written, by the cluster's clock.", "Sat, 21 Nov 2026 20:00:00 GMT");

    private static readonly ListQuery SortedQuery =
        new("books", [], new([new(MemberPath.Parse("pages", out _)!, Descending: false)]), null) { Limits = new(100, 100_000, 256 << 20) };

    public static readonly RouteNotes Collections = new(
        "listCollections", "The collections", "Those that hold a document, with how many.")
    {
        Parameters = ReadParameters,
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new("The collections.", """{"collections":[{"name":"books","count":2}]}"""),
            [307] = Redirect,
        },
        Problems = ReadProblems,
        IsReplicated = true,
    };

    public static readonly RouteNotes Position = new(
        "getPosition",
        "What became of a write",
        "committed (with what its client was told, or would have been), pending, lost, or unknown. For writes whose answer was lost, or came early (acks=leader).")
    {
        Parameters = [new("position", "path", "As answers give it: term.index.", "7.48213") { Pattern = @"^[1-9][0-9]*\.[1-9][0-9]*$", Length = (3, 39) }, .. ReadParameters],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new(
                "What is known of it.",
                """{"position":"7.48213","state":"committed","outcome":{"status":201,"id":"edda","version":"7.48213","type":null,"current":null},"outcomeKept":true}"""),
            [307] = Redirect,
        },
        Problems = ReadProblems,
        IsReplicated = true,
        LooksFirst = true,
        IsOutOfSession = true,
    };

    public static readonly RouteNotes List = new(
        "listDocuments",
        "A page of documents",
        "In the order of ids, or sorted. While documents come and go, every one that stays as it is is seen exactly once. A page may be short, or empty, "
        + "where few documents pass the filters; it goes on as long as there is a 'next'.")
    {
        Parameters =
        [
            Collection,
            new("limit", "query", "How many documents at most. A page may have fewer where they are large.", "100") { Range = limits => limits.Page },
            new("cursor", "query", "Where to go on: 'next' of the page before, asked with the same filters and sort.", "MS9ib29rcy9lZGRh") { Length = (1, 4096) },
            new("sort", "query", @"Paths into the document with commas between them, '-' before one for downwards: at most 4. Nothing there sorts first, then null, false, true, numbers, strings, arrays, objects; what is alike sorts by id. In a name, \ takes the next character as it is.", "-total,customer.name"),
            new("fields", "query", "Paths of the members to show of each document, with commas between them: at most 32.", "title,customer.name"),
            new(
                "filters",
                "query",
                $"Any other parameters are filters, path=value or path[operator]=value: {Filter.Operators}. All must hold; at most 16. A value that reads as a number, true, false or null is "
                + "that or the text, for gt, gte, lt and lte just that; in double quotes it is a string. A member with the name of a parameter is written with an operator: limit[eq]=5.",
                """{"customer.country[in]":"IS,NO","total[gte]":"10"}""") { IsOpen = true },
            .. ReadParameters, AnswerCoding,
        ],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new(
                "The page; without documents if there are none.",
                """{"items":[{"id":"edda","version":"7.48213","updatedAt":"2026-11-21T20:00:00.000Z","document":{"title":"Edda","pages":300}}],"next":"MS9ib29rcy9lZGRh"}""",
                new HeaderNote("Link", "The next page, if there is one.", "</v1/books?cursor=MS9ib29rcy9lZGRh>; rel=\"next\""),
                Coded),
            [307] = Redirect,
        },
        Headers =
        [
            Vary with { On = [200, 406] },
            new("Server-Timing", "What the page cost here: milliseconds, documents read, and the index that led to them.", "list;dur=0.4;desc=\"100 documents read, without an index\"", 200, 406, 422),
        ],
        Problems = [.. ReadProblems, Problems.NoCoding(), Problems.Busy("Too many lists are being read."), Problems.NeedsIndex(SortedQuery, null)],
        IsReplicated = true,
    };

    public static readonly RouteNotes Post = new(
        "createDocument", "Store a document under a new id", "The id is a UUIDv7, so ids of later documents sort later.")
    {
        Parameters = [Collection, .. WriteParameters, BodyCoding],
        Bodies = [DocumentToSend],
        Answers = new Dictionary<int, AnswerNote>
        {
            [201] = new("Stored.", Written, Location, ETag, Preference),
            [202] = new("acks=leader: accepted, not yet decided. Location tells what becomes of it.", Written, Fate, Preference),
            [307] = Redirect,
        },
        Problems = [.. UnconditionalProblems, .. BodyProblems],
        IsReplicated = true,
    };

    public static readonly RouteNotes Get = new(
        "getDocument", "Read a document", "The bytes that were stored, unchanged. Answered here from committed data, with its staleness, unless more is asked for.")
    {
        Parameters =
        [
            Collection, Id, .. ReadParameters, IfMatch,
            new("If-None-Match", "header", "The ETag that you have: 304 if it still is the document's.", "\"7.48213\""),
            AnswerCoding,
        ],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new("The document.", Document, ReadETag, LastModified, Coded),
            [304] = new("You have it already.", null, ReadETag, LastModified),
            [307] = Redirect,
        },
        Headers = [Vary with { On = [200, 304, 400, 406, 412] }],
        Problems = [.. ReadProblems, Missing, Problems.NoCoding(), Problems.PreconditionFailed(Sample)],
        IsReplicated = true,
    };

    public static readonly RouteNotes Put = new(
        "putDocument", "Store a document under an id of yours", "Creates it or replaces it whole.")
    {
        Parameters = [Collection, Id, .. WriteParameters, IfMatch, new("If-None-Match", "header", "`*`: only if there is no document yet.", "*"), BodyCoding],
        Bodies = [DocumentToSend],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new("Replaced.", Written, ETag, Preference),
            [201] = new("Created.", Written, Location, ETag, Preference),
            [202] = new("acks=leader: accepted, not yet decided. Location tells what becomes of it.", Written, Fate, Preference),
            [307] = Redirect,
        },
        Problems = [.. WriteProblems, .. BodyProblems],
        IsReplicated = true,
    };

    public static readonly RouteNotes Patch = new(
        "patchDocument",
        "Change parts of a document",
        "By a merge patch (RFC 7396): members are set, or with null removed. Or by a JSON Patch (RFC 6902): operations, all or none. "
        + "What is not touched stays as it was written, numbers digit by digit.")
    {
        Parameters = [Collection, Id, WriteParameters[0] with { Description = "Answered when a majority has it on disk (the default), or every voter.", Values = ["majority", "all"] }, .. WriteParameters[1..], IfMatch, BodyCoding],
        Bodies =
        [
            new(MergePatch.MediaType, "What is to change: some members, or operations.", """{"pages":301,"draft":null}"""),
            new(JsonPatch.MediaType, "Operations, all or none.", """[{"op":"test","path":"/pages","value":300},{"op":"replace","path":"/pages","value":301}]""")
            {
                Schema = typeof(IReadOnlyList<object>),
                MostItems = limits => limits.PatchOperations,
            },
        ],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new("Changed.", Written, ETag, Preference),
            [307] = Redirect,
        },
        Headers = [new("Accept-Patch", "What would be taken, where a body could not be read.", $"{MergePatch.MediaType}, {JsonPatch.MediaType}", 400, 413, 415)],
        Problems =
        [
            .. WriteProblems, Missing, Problems.InvalidPatch(new("'op' is one of: add, remove, replace, move, copy, test.", 8, "/0/op")),
            Problems.PatchFailed(new(new(7), 48100), new(PatchFaultKind.TestFailed, 0, "/pages")),
            Problems.PatchFailed(new(new(7), 48100), new(PatchFaultKind.TooLarge, 1, "/chapters/-")),
            .. BodyProblems[1..^1],
            Problems.UnsupportedMediaType($"Send it with Content-Type: {MergePatch.MediaType} or {JsonPatch.MediaType}."),
            Problems.Contended(Sample),
        ],
        IsReplicated = true,
    };

    public static readonly RouteNotes Delete = new("deleteDocument", "Delete a document", "404 if there is none.")
    {
        Parameters = [Collection, Id, .. WriteParameters[..^1], IfMatch],
        Answers = new Dictionary<int, AnswerNote>
        {
            [202] = new("acks=leader: accepted, not yet decided. Location tells what becomes of it.", Written, Fate),
            [204] = new("Deleted.", null),
            [307] = Redirect,
        },
        Problems = [.. WriteProblems, Missing],
        IsReplicated = true,
    };
}
