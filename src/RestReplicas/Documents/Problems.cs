using System.Text.Encodings.Web;
using System.Text.Json;
using RestReplicas.Documents.Lists;
using RestReplicas.Documents.Patching;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>
/// Every <c>type</c> of problem that clients meet. 503 and 429 mean that it certainly did not happen, so that
/// repeating them is safe; whatever may have happened is 504.
/// </summary>
public static class Problems
{
    private static readonly JsonSerializerOptions ForPeople = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What a problem says of the request's effect.</summary>
    public static class Outcomes
    {
        public const string None = "none";
        public const string Committed = "committed";
        public const string Unknown = "unknown";
    }

    public const string WriteLostType = "write-lost";

    public const string HistoryGoneType = "history-gone";

    /// <param name="parameter">The query parameter, path segment or header at fault.</param>
    public static Problem InvalidRequest(string parameter, string detail) =>
        new("invalid-request", 400, "The request is not valid.", detail) { Parameter = parameter };

    public static Problem InvalidRequest(int status, string detail) =>
        new("invalid-request", status, "The request is not valid.", detail);

    public static Problem InvalidDocument(DocumentFault fault) =>
        new("invalid-document", 400, "The body is not a document.", fault.Detail) { Fault = fault };

    public static Problem InvalidBatch(DocumentFault fault) =>
        new("invalid-batch", 400, "The body is not a batch.", fault.Detail) { Fault = fault };

    public static Problem InvalidPatch(DocumentFault fault) =>
        new("invalid-patch", 400, "The body is not a patch.", fault.Detail) { Fault = fault };

    public static Problem NotFound(string detail) => new("not-found", 404, "There is no such thing.", detail);

    public static Problem MethodNotAllowed(string detail) =>
        new("method-not-allowed", 405, "This route does not take that method.", detail);

    public static Problem WriteLost(Position position) =>
        new(
            WriteLostType,
            409,
            "The write at that position is not in this history.",
            "Nothing was ever committed there, or nothing that is left: one node alone acknowledged it and its successor never had it, or the cluster was "
            + "restored from an older state, or the position is another cluster's. Look whether the write is missing, repeat it then, and use a position of a new answer.")
        {
            Position = position,
        };

    /// <summary>To a reader of changes, who was shown only what was committed.</summary>
    public static Problem NotInHistory(Position position) =>
        new(
            WriteLostType,
            409,
            "That position is not in this history.",
            "The cluster was restored from an older state, or the position is another cluster's. Read the documents anew, and go on with since=now.")
        {
            Position = position,
        };

    /// <param name="oldest">All that came after it is still held.</param>
    public static Problem HistoryGone(Position oldest) =>
        new(
            HistoryGoneType,
            410,
            "The changes after that position are no longer held.",
            $"Read the documents anew, and go on with since=now as it was before you began; what came after {oldest} is still held. "
            + "(Storage:LogWindowBytes says how much is kept.)")
        {
            Oldest = oldest,
        };

    public static Problem NotAcceptable(string detail) =>
        new("not-acceptable", 406, "There is no such form of the answer.", detail) { Parameter = "Accept" };

    /// <summary>A wish of an operator that would do harm, or makes no sense now.</summary>
    public static Problem Refused(string why) => new("refused", 409, "That cannot be done now.", $"{why} Nothing was changed.");

    /// <param name="current">Null: there is no document.</param>
    public static Problem PreconditionFailed(Position? current) =>
        new(
            "precondition-failed",
            412,
            "The document is not at the version that was asked for.",
            current is null
                ? "There is no document, so no version to compare. PUT creates one, with If-None-Match: * or no condition."
                : $"It is at version {current}. Read it again, and send If-Match: \"{current}\" if that is the one to change.")
        {
            Current = new(current),
        };

    /// <summary>
    /// A patch that is well formed, and does not fit the document that is there (RFC 5789 §2.2): 409 where the document is not
    /// as the patch takes it to be, 422 where what it would make of it is no document.
    /// </summary>
    public static Problem PatchFailed(Position current, PatchFault fault)
    {
        var (type, status, title) = fault.Kind < PatchFaultKind.NotAnObject
            ? ("patch-conflict", 409, "The document is not as the patch takes it to be.")
            : ("patch-unprocessable", 422, "What the patch makes of the document is not a document.");
        var why = fault.Kind switch
        {
            PatchFaultKind.TestFailed => "The value there is another one.",
            PatchFaultKind.NoSuchMember => "There is no such member.",
            PatchFaultKind.NotAnIndex => "It leads into an array, whose elements are numbered 0, 1, 2, without zeros before.",
            PatchFaultKind.OutOfBounds => "The array has no such element.",
            PatchFaultKind.NotAContainer => "It leads into a value that is neither an object nor an array.",
            PatchFaultKind.WholeDocument => "A patch cannot remove the document. DELETE does.",
            PatchFaultKind.NotAnObject => "A document is a JSON object.",
            PatchFaultKind.TooLarge => "It would have more bytes than Documents:MaxBytes allows, or the batch more than Documents:MaxBatchBytes.",
            _ => "It would have more levels than Documents:MaxDepth allows.",
        };
        return new(type, status, title, $"{why} Nothing was changed. The patch was applied to version {current}: read that, and send a patch that fits.")
        {
            Failed = new(fault.Operation, null, fault.Target),
            Current = new(current),
        };
    }

    /// <summary>Computed again and again, and each time the document had changed before it could be written.</summary>
    public static Problem Contended(Position position) =>
        Busy("The document was changed by others each time before the patch could be written, so nothing was.") with { Position = position };

    public static Problem TooLarge(long limit) =>
        new("too-large", 413, "The body is too large.", $"A document has at most {limit} bytes here (Documents:MaxBytes).");

    public static Problem UnsupportedMediaType(string detail) =>
        new("unsupported-media-type", 415, "The body is of a type that is not taken here.", detail);

    public static Problem UnsupportedCoding() =>
        UnsupportedMediaType($"The Content-Encoding is none that is taken here: {Codings.Taken}. Send the body in one of those, or as it is.")
            with
        {
            Header = ("Accept-Encoding", Codings.Taken),
        };

    public static Problem IdempotencyMismatch() =>
        new(
            "idempotency-mismatch",
            422,
            "That Idempotency-Key was used for another request.",
            "A key names one request: method, path, conditions and body. Nothing was changed; use a fresh key.");

    /// <param name="filling">The index that will serve the sort, once it is complete; null: there is none.</param>
    public static Problem NeedsIndex(ListQuery query, string? filling) =>
        new(
            "needs-index",
            422,
            "Too many documents would have to be read to sort them.",
            $"A page may read {query.Limits.Rows} of them (Documents:MaxScan), or as many as have Documents:MaxScanBytes. " + (filling is not null
                ? $"The index '{filling}' will serve this sort when it is filled here: GET /v1/{query.Collection}/_indexes/{filling} says how far it is."
                : query.Order.Paths is [var only]
                ? $"PUT /v1/{query.Collection}/_indexes/{{name}} with the body {JsonSerializer.Serialize(new { path = only.Path.Text }, ForPeople)} makes an index that serves this sort."
                : "An index serves a sort by one path: sort by one, or add a filter that an index serves and that leaves few."))
        {
            Parameter = "sort",
        };

    public static Problem Overloaded() =>
        new("overloaded", 429, "Too many writes are waiting.", "Nothing was queued. Repeat it a little later.") { RetryAfter = 1 };

    public static Problem Busy(string why) =>
        new("overloaded", 429, "Too much is asked at once.", $"{why} Repeat it a little later.") { RetryAfter = 5 };

    public static Problem NoLeader(string detail) =>
        new("no-leader", 503, "No node is known to lead.", detail) { RetryAfter = 1 };

    public static Problem DamagedState() =>
        new(
            "damaged-state",
            503,
            "This node's state is damaged.",
            "It is not read until it has been replaced by another node's. Ask another node, or repeat it a little later.")
        {
            RetryAfter = 1,
        };

    public static Problem NoQuorum(string detail) =>
        new("no-quorum", 503, "No majority of the voters answered in time.", detail) { RetryAfter = 1 };

    public static Problem NoCoding() =>
        NotAcceptable("The answer can be had as it is, or in br or gzip; Accept-Encoding refuses all of these. Allow one.")
            with
        {
            Parameter = "Accept-Encoding",
        };

    /// <param name="position">Null: the write never learned its position.</param>
    public static Problem OutcomeUnknown(Position? position, string reason) =>
        new(
            "outcome-unknown",
            504,
            "It is not known whether the write happens.",
            position is null
                ? $"{reason} Read the document, or, if it had an Idempotency-Key, repeat it with the same one."
                : $"{reason} Look it up at /v1/_positions/{position}, or, if it had an Idempotency-Key, repeat it with the same one.")
        {
            Outcome = Outcomes.Unknown,
            Position = position,
        };

    public static Problem AcksIncomplete(Position position, int acks, int voters) =>
        new(
            "acks-incomplete",
            504,
            "It is committed, but not on every voter's disk yet.",
            $"{acks} of {voters} voters are known to have it. A majority holds it, so it stays; do not repeat it. What it did is at /v1/_positions/{position}.")
        {
            Outcome = Outcomes.Committed,
            Position = position,
        };

    public static Problem TooStale(string detail) =>
        new("too-stale", 504, "This node cannot show a state that is fresh enough.", detail);

    public static Problem StorageFull() =>
        new(
            "storage-full",
            507,
            "The disks are full.",
            "Too few of the voters have room for more, so nothing was written. Reads and deletes still work; it clears itself once there is room.");

    /// <summary>A bug. The log has the exception; the client has not.</summary>
    public static Problem InternalError(bool mayHaveWritten) =>
        new(
            "internal-error",
            500,
            "Something is wrong with this node.",
            mayHaveWritten ? "Its log says what. The write may have happened." : "Its log says what. Ask another node.")
        {
            Outcome = mayHaveWritten ? Outcomes.Unknown : Outcomes.None,
        };
}
