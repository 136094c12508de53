using RestReplicas.Describing;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>What the notes of several routes have in common: parameters, headers, and the problems of reads and of writes.</summary>
internal static class SharedNotes
{
    public const string PositionPattern = @"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$";

    public static readonly Position Sample = new(new(7), 48213);

    public static readonly ParameterNote Collection = new(
        "collection", "path", "A letter, then letters, digits, `_` or `-`; at most 64.", "books")
    {
        Pattern = "^[A-Za-z][A-Za-z0-9_-]{0,63}$",
        Length = (1, Names.LongestCollection),
    };

    public static readonly ParameterNote Id = new(
        "id", "path", "1 to 128 letters, digits, `-`, `.`, `_` or `~`; not beginning with `_`, and not `.` or `..`.", "edda")
    {
        Pattern = @"^(?!\.\.?$)[A-Za-z0-9.~-][A-Za-z0-9._~-]{0,127}$",
        Length = (1, Names.LongestId),
    };

    public static readonly ParameterNote[] ReadParameters =
    [
        new("consistency", "query", "Who may answer: any node (the default), the node that leads, or any node once a leader has confirmed that it is current.", "local", "local", "leader", "linearizable"),
        new("maxStaleness", "query", "Milliseconds: no older than that. A node that is behind waits briefly, then redirects.", "500") { Range = _ => OpenApiLimits.Staleness },
        new("minPosition", "query", "Nothing older than this position: send what Replica-Position said, and you read your own writes.", "7.48213") { Pattern = PositionPattern },
        new("timeout", "query", "Milliseconds that the read may take.", "5000") { Range = limits => limits.ReadTime },
        new("Cache-Control", "header", "max-age=N is maxStaleness in seconds; with only-if-cached the answer is 504 instead of a redirect.", "max-age=1"),
    ];

    public static readonly ParameterNote IfMatch = new(
        "If-Match", "header", "The ETag that the document must have, or `*` for any.", "\"7.48213\"");

    public static readonly ParameterNote[] WriteParameters =
    [
        new("acks", "query", "Answered when a majority has it on disk (the default), every voter, or the leader alone: 202, and it may be lost.", "majority", "leader", "majority", "all"),
        new("timeout", "query", "Milliseconds until the answer is 504: outcome unknown.", "5000") { Range = limits => limits.WriteTime },
        new(IdempotencyHeader.Name, "header", "Makes repeating safe for 24 hours: the first outcome is returned again. 1 to 255 visible ASCII characters, in quotes or bare.", "8e03978e-40d5-43dd-bc93-6894a57f9324")
        {
            Pattern = "^(\"[!#-~]{1,255}\"|[!#-~][!-~]{0,254})$",
            Length = (1, 257),
        },
        new("Prefer", "header", "return=representation answers with the document.", "return=minimal"),
    ];

    public static readonly ParameterNote BodyCoding = new(
        "Content-Encoding", "header", "How the body is compressed, if it is; what it stands for is stored.", "gzip", "gzip", "br", "identity");

    public static readonly HeaderNote ETag = new("ETag", "The version that was written, in quotes.", "\"7.48213\"");
    public static readonly HeaderNote Location = new("Location", "Where it is.", "/v1/books/edda");
    public static readonly HeaderNote Fate = new("Location", "Where to ask what becomes of it.", "/v1/_positions/7.48213");
    public static readonly HeaderNote Preference = new("Preference-Applied", "The return that Prefer asked for, where it was heeded: with representation the body is the document.", "return=representation");

    public static readonly AnswerNote Redirect = RedirectTo("/v1/books/edda");

    public static readonly Problem[] ReadProblems =
    [
        Problems.InvalidRequest("consistency", "'consistency' is one of: local, leader, linearizable."),
        Problems.WriteLost(Sample),
        Problems.NoLeader("No leader was found in the time given. Repeat it a little later, or read with consistency=local."),
        Problems.DamagedState(),
        Problems.NoQuorum("The leader could not confirm with a majority in the time given that it still leads. Repeat it a little later."),
        Problems.TooStale("It has applied 7.48100 and is fresh within 2100 ms. Ask with a wider bound or a longer timeout, or another node."),
    ];

    public static readonly Problem[] WriteProblems =
    [
        Problems.InvalidRequest("acks", "'acks' is one of: leader, majority, all."),
        Problems.PreconditionFailed(new(new(7), 48100)),
        Problems.IdempotencyMismatch(),
        Problems.Overloaded(),
        Problems.NoLeader("No leader was found in the time given, so nothing was written. Repeat it a little later."),
        Problems.OutcomeUnknown(Sample, "The time given was over before a majority had it."),
        Problems.AcksIncomplete(Sample, 2, 3),
    ];

    /// <summary>Of writes that take no condition.</summary>
    public static readonly Problem[] UnconditionalProblems = [.. WriteProblems.Where(p => p.Status != StatusCodes.Status412PreconditionFailed)];

    public static readonly Problem[] BodyProblems =
    [
        Problems.InvalidDocument(new("The object has this key twice. Send it once: readers disagree about which one counts.", 17, "/lines/0/price")),
        Problems.TooLarge(1024 * 1024),
        Problems.StorageFull(),
        Problems.UnsupportedCoding(),
        Problems.UnsupportedMediaType($"Send the document with Content-Type: {DocumentBody.MediaType}."),
    ];

    public static readonly Problem Missing = Problems.NotFound("There is no document of that id in the collection.");

    public static AnswerNote RedirectTo(string target) => new(
        "Only the leader can answer, and this is the way to it. Nothing happened here.",
        null,
        new HeaderNote("Location", "The same request at the leader's public URL.", $"http://127.0.0.1:8082{target}"));
}
