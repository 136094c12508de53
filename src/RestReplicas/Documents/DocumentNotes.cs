using RestReplicas.Documents.Lists;
using RestReplicas.Documents.Patching;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>The routes of <see cref="DocumentRoutes"/> in words, for the OpenAPI document.</summary>
public static class DocumentNotes
{
    private const string Written = """{"id":"0199f3c2-6f1b-7d40-9a53-3b7d5a1c2e4f","version":"7.48213"}""";
    private const string Document = """{"title":"Edda","pages":300}""";

    private static readonly BodyNote DocumentToSend = new(DocumentBody.MediaType, "The document: a JSON object, stored byte by byte.", Document);

    internal static readonly Position Sample = new(new(7), 48213);

    internal static readonly ParameterNote Collection = new(
        "collection", "path", "A letter, then letters, digits, `_` or `-`; at most 64.", "books")
    {
        Pattern = "^[A-Za-z][A-Za-z0-9_-]{0,63}$",
    };

    private static readonly ParameterNote Id = new(
        "id", "path", "1 to 128 letters, digits, `-`, `.`, `_` or `~`; not beginning with `_`.", "edda")
    {
        Pattern = "^[A-Za-z0-9.~-][A-Za-z0-9._~-]{0,127}$",
    };

    internal static readonly ParameterNote[] ReadLevels =
    [
        new("consistency", "query", "Who may answer: any node (the default), the node that leads, or any node once a leader has confirmed that it is current.", "local", "local", "leader", "linearizable"),
        new("maxStaleness", "query", "Milliseconds: no older than that. A node that is behind waits briefly, then redirects.", "500") { IsNumber = true },
        new("minPosition", "query", "Nothing older than this position: send what Replica-Position said, and you read your own writes.", "7.48213"),
        new("timeout", "query", "Milliseconds that the read may take.", "5000") { IsNumber = true },
        new("Cache-Control", "header", "max-age=N is maxStaleness in seconds; with only-if-cached the answer is 504 instead of a redirect.", "max-age=1"),
    ];

    private static readonly ParameterNote IfMatch = new(
        "If-Match", "header", "The ETag that the document must have, or `*` for any.", "\"7.48213\"");

    internal static readonly ParameterNote[] WriteLevels =
    [
        new("acks", "query", "Answered when a majority has it on disk (the default), every voter, or the leader alone: 202, and it may be lost.", "majority", "leader", "majority", "all"),
        new("timeout", "query", "Milliseconds until the answer is 504: outcome unknown.", "5000") { IsNumber = true },
        new(IdempotencyHeader.Name, "header", "Makes repeating safe for 24 hours: the first outcome is returned again.", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        new("Prefer", "header", "return=representation answers with the document.", "return=minimal"),
    ];

    internal static readonly ParameterNote BodyCoding = new(
        "Content-Encoding", "header", "How the body is compressed, if it is; what it stands for is stored.", "gzip", "gzip", "br");

    private static readonly HeaderNote AnswerCoding = new("Content-Encoding", "How it is compressed, where Accept-Encoding asks for it and it is worth it.", "br");
    private static readonly HeaderNote ETag = new("ETag", "The document's version in quotes; compressed, with -gzip or -br after it.", "\"7.48213\"");
    internal static readonly HeaderNote Acks = new(ReplicaHeaders.Acks, "Voters known to have it on disk, of all.", "2/3");
    internal static readonly HeaderNote Age = new("Age", "Replica-Staleness, rounded up to whole seconds.", "1");
    internal static readonly HeaderNote Location = new("Location", "Where it is.", "/v1/books/edda");
    internal static readonly HeaderNote Preference = new("Preference-Applied", "return=representation: the body is the document.", "return=representation");
    internal static readonly HeaderNote Replayed = new("Idempotency-Replayed", "true: the first request with this key did it.", "true");

    internal static readonly AnswerNote Redirect = new(
        "Only the leader can answer, and this is the way to it. Nothing happened here.", null, new HeaderNote("Location", "The same request at the leader's public URL.", "http://127.0.0.1:8082/v1/books/edda"));

    internal static readonly Problem[] ReadProblems =
    [
        Problems.InvalidRequest("consistency", "'consistency' is one of: local, leader, linearizable."),
        Problems.WriteLost(Sample),
        Problems.NoLeader("No leader was found in the time given. Repeat it a little later, or read with consistency=local."),
        Problems.DamagedState(),
        Problems.NoQuorum("The leader could not confirm with a majority in the time given that it still leads. Repeat it a little later."),
        Problems.TooStale("It has applied 7.48100 and is fresh within 2100 ms. Ask with a wider bound or a longer timeout, or another node."),
    ];

    internal static readonly Problem[] WriteProblems =
    [
        Problems.InvalidRequest("acks", "'acks' is one of: leader, majority, all."),
        Problems.PreconditionFailed(new(new(7), 48100)),
        Problems.IdempotencyMismatch(),
        Problems.Overloaded(),
        Problems.NoLeader("No leader was found in the time given, so nothing was written. Repeat it a little later."),
        Problems.OutcomeUnknown(Sample, "The time given was over before a majority had it."),
        Problems.AcksIncomplete(Sample, 2, 3),
    ];

    internal static readonly Problem[] BodyProblems =
    [
        Problems.InvalidDocument(new("The object has this key twice. Send it once: readers disagree about which one counts.", 17, "/lines/0/price")),
        Problems.TooLarge(1024 * 1024),
        Problems.StorageFull(),
        Problems.UnsupportedMediaType($"Send the document with Content-Type: {DocumentBody.MediaType}."),
    ];

    private static readonly ListQuery SortedQuery =
        new("books", [], new([new(MemberPath.Parse("pages", out _)!, Descending: false)]), null) { Limits = new(100, 100_000, 256 << 20) };

    internal static readonly Problem Missing = Problems.NotFound("There is no document of that id in the collection.");

    public static readonly RouteNotes Collections = new(
        "listCollections", "The collections", "Those that hold a document, with how many.")
    {
        Parameters = ReadLevels,
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new("The collections.", """{"collections":[{"name":"books","count":2}]}""", Age),
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
        Parameters = [new("position", "path", "As answers give it: term.index.", "7.48213") { Pattern = @"^[1-9][0-9]*\.[1-9][0-9]*$" }, .. ReadLevels],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new(
                "What is known of it.",
                """{"position":"7.48213","state":"committed","outcome":{"status":201,"id":"edda","version":"7.48213","type":null,"current":null},"outcomeKept":true}""",
                Age),
            [307] = Redirect,
        },
        Problems = ReadProblems,
        IsReplicated = true,
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
            new("limit", "query", "How many documents at most. A page may have fewer where they are large.", "100") { IsNumber = true },
            new("cursor", "query", "Where to go on: 'next' of the page before, asked with the same filters and sort.", "MS9ib29rcy9lZGRh"),
            new("sort", "query", @"Paths into the document with commas between them, '-' before one for downwards: at most 4. Nothing there sorts first, then null, false, true, numbers, strings, arrays, objects; what is alike sorts by id. In a name, \ takes the next character as it is.", "-total,customer.name"),
            new("fields", "query", "Paths of the members to show of each document, with commas between them: at most 32.", "title,customer.name"),
            new(
                "filters",
                "query",
                $"Any other parameters are filters, path=value or path[operator]=value: {Filter.Operators}. All must hold; at most 16. A value that reads as a number, true, false or null is "
                + "that or the text, for gt, gte, lt and lte just that; in double quotes it is a string. A member with the name of a parameter is written with an operator: limit[eq]=5.",
                """{"customer.country[in]":"IS,NO","total[gte]":"10"}""") { IsOpen = true },
            .. ReadLevels,
        ],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new(
                "The page; without documents if there are none.",
                """{"items":[{"id":"edda","version":"7.48213","updatedAt":"2026-11-21T20:00:00.000Z","document":{"title":"Edda","pages":300}}],"next":"MS9ib29rcy9lZGRh"}""",
                new HeaderNote("Link", "The next page, if there is one.", "</v1/books?cursor=MS9ib29rcy9lZGRh>; rel=\"next\""),
                new HeaderNote("Server-Timing", "What the page cost here: milliseconds, documents read, and the index that led to them.", "list;dur=0.4;desc=\"100 documents read, without an index\""),
                Age),
            [307] = Redirect,
        },
        Problems = [.. ReadProblems, Problems.NoCoding(), Problems.Busy("Too many lists are being read."), Problems.NeedsIndex(SortedQuery, null)],
        IsReplicated = true,
    };

    public static readonly RouteNotes Post = new(
        "createDocument", "Store a document under a new id", "The id is a UUIDv7, so ids of later documents sort later.")
    {
        Parameters = [Collection, .. WriteLevels, BodyCoding],
        Bodies = [DocumentToSend],
        Answers = new Dictionary<int, AnswerNote>
        {
            [201] = new("Stored.", Written, Location, ETag, Acks, Preference, Replayed),
            [202] = new("acks=leader: accepted, not yet decided. Location tells what becomes of it.", Written, Location, Acks),
            [307] = Redirect,
        },
        Problems = [.. WriteProblems.Where(p => p.Status != StatusCodes.Status412PreconditionFailed), .. BodyProblems],
        IsReplicated = true,
    };

    public static readonly RouteNotes Get = new(
        "getDocument", "Read a document", "The bytes that were stored, unchanged. Answered here from committed data, with its staleness, unless more is asked for.")
    {
        Parameters =
        [
            Collection, Id, .. ReadLevels, IfMatch,
            new("If-None-Match", "header", "The ETag that you have: 304 if it still is the document's.", "\"7.48213\""),
        ],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new("The document.", Document, ETag, new HeaderNote("Last-Modified", "When it was written, by the cluster's clock.", "Sat, 21 Nov 2026 20:00:00 GMT"), AnswerCoding, Age),
            [304] = new("You have it already.", null, ETag, Age),
            [307] = Redirect,
        },
        Problems = [.. ReadProblems, Missing, Problems.NoCoding(), Problems.PreconditionFailed(Sample)],
        IsReplicated = true,
    };

    public static readonly RouteNotes Put = new(
        "putDocument", "Store a document under an id of yours", "Creates it or replaces it whole.")
    {
        Parameters = [Collection, Id, .. WriteLevels, IfMatch, new("If-None-Match", "header", "`*`: only if there is no document yet.", "*"), BodyCoding],
        Bodies = [DocumentToSend],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new("Replaced.", Written, ETag, Acks, Preference, Replayed),
            [201] = new("Created.", Written, Location, ETag, Acks, Preference, Replayed),
            [202] = new("acks=leader: accepted, not yet decided. Location tells what becomes of it.", Written, Location, Acks),
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
        Parameters = [Collection, Id, WriteLevels[0] with { Description = "Answered when a majority has it on disk (the default), or every voter.", Values = ["majority", "all"] }, .. WriteLevels[1..], IfMatch, BodyCoding],
        Bodies =
        [
            new(MergePatch.MediaType, "What is to change: some members, or operations.", """{"pages":301,"draft":null}"""),
            new(JsonPatch.MediaType, "Operations, all or none.", """[{"op":"test","path":"/pages","value":300},{"op":"replace","path":"/pages","value":301}]""")
            {
                Schema = typeof(IReadOnlyList<object>),
            },
        ],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new("Changed.", Written, ETag, Acks, Preference, Replayed),
            [307] = Redirect,
        },
        Problems =
        [
            .. WriteProblems, Missing, Problems.InvalidPatch(new("'op' is one of: add, remove, replace, move, copy, test.", 8, "/0/op")),
            Problems.PatchFailed(new(new(7), 48100), new(PatchFaultKind.TestFailed, 0, "/pages")),
            Problems.PatchFailed(new(new(7), 48100), new(PatchFaultKind.TooLarge, 1, "/chapters/-")),
            .. BodyProblems[1..^1],
            Problems.UnsupportedMediaType($"Send it with Content-Type: {MergePatch.MediaType} or {JsonPatch.MediaType}."),
        ],
        IsReplicated = true,
    };

    public static readonly RouteNotes Delete = new("deleteDocument", "Delete a document", "404 if there is none.")
    {
        Parameters = [Collection, Id, .. WriteLevels[..^1], IfMatch],
        Answers = new Dictionary<int, AnswerNote>
        {
            [202] = new("acks=leader: accepted, not yet decided. Location tells what becomes of it.", Written, Location, Acks),
            [204] = new("Deleted.", null, Acks, Replayed),
            [307] = Redirect,
        },
        Problems = [.. WriteProblems, Missing],
        IsReplicated = true,
    };
}
