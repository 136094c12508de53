using RestReplicas.Describing;
using RestReplicas.Protocol;

namespace RestReplicas.Documents.Feeds;

/// <summary>The routes of the change feed in words, for the OpenAPI document.</summary>
public static class ChangeNotes
{
    private const string Change =
        """{"position":"7.48213","changes":[{"collection":"books","id":"edda","kind":"replaced","version":"7.48213","updatedAt":"2026-11-21T20:00:00.000Z"}]}""";

    private const string Words =
        "What was committed and applied, in that order, one event for each position; no event for what changed nothing. Any node can be asked, "
        + "and a reader goes on at any other with the position that it came to: nothing is missed, repeated or reordered, across failovers too. "
        + "With Accept: text/event-stream as server-sent events whose id is the position (a browser's EventSource reconnects by itself); a `bookmark` "
        + "event moves the position on where there was nothing to tell, `reset` says that the cluster was restored and the documents are to be read anew, "
        + "`dropped` why the stream ends. Otherwise as JSON, which can wait for the first event.";

    /// <summary>Of any answer of server-sent events.</summary>
    internal static readonly HeaderNote Unbuffered = new("X-Accel-Buffering", "With server-sent events: no proxy is to collect them.", "no", 200);

    private static readonly ParameterNote[] Parameters =
    [
        new("since", "query", "Only what came after this position; now (the default): from now on; 0: all that is still held.", "7.48213")
        {
            Pattern = @"^(now|0|0\.0|[1-9][0-9]*\.[1-9][0-9]*)$",
        },
        new(FeedRequest.LastEventId, "header", "The same, by the id of the last event that was received; it wins over since.", "7.48213")
        {
            Pattern = @"^(0\.0|[1-9][0-9]*\.[1-9][0-9]*)$",
        },
        new("limit", "query", "How many events at most; a stream ends after them.", "100") { Range = limits => limits.ChangePage },
        new("include", "query", "document: the changes carry the documents that they left.", "document", "document"),
        new("wait", "query", "Milliseconds that a JSON answer may wait for a first event; 0 is the default. Not for streams, which always do.", "30000") { Range = limits => limits.Wait },
        new("Accept", "header", $"{DocumentBody.MediaType} (the default) or {ServerSentEvents.MediaType}; of several, what is liked most.", ServerSentEvents.MediaType),
    ];

    private static readonly Dictionary<int, AnswerNote> Answers = new()
    {
        [200] = new("The changes; next is the since to go on with.", $$"""{"events":[{{Change}}],"next":"7.48213","more":false}""")
        {
            Events = $"retry: 1000\n\nid: 7.48213\ndata: {Change}\n\nid: 7.48300\nevent: bookmark\ndata: {{\"position\":\"7.48300\"}}\n\n",
        },
        [307] = new(
            "The leader may have what is not here, and this is the way to it.",
            null,
            new HeaderNote("Location", "The same request at the leader's public URL.", "http://127.0.0.1:8082/v1/_changes?since=7.48213")),
    };

    private static readonly HeaderNote[] Headers =
    [
        new("Vary", "Another Accept may get another form.", "Accept"),
        Unbuffered,
    ];

    private static readonly Problem[] Refusals =
    [
        Problems.InvalidRequest("since", "'since' is a position as the feed gives it (7.48213), 'now', or 0: all that is still held."),
        Problems.NotAcceptable("Changes come as text/event-stream or application/json: send Accept with one of them."),
        Problems.NotInHistory(new(new(7), 48213)),
        Problems.HistoryGone(new(new(7), 41000)),
        Problems.Busy("1000 readers follow the changes on this node already (Changes:Readers)."),
        Problems.DamagedState(),
        Problems.NoLeader("The leader broke off while it answered."),
        Problems.TooStale("It has applied 7.48100 and is fresh within 2100 ms; 7.48213 was asked for. Ask again a little later, with a wider bound or more time, or ask another node."),
    ];

    public static readonly RouteNotes All = new("followChanges", "What changes, in any collection", Words)
    {
        Parameters = Parameters,
        Answers = Answers,
        Headers = Headers,
        Problems = Refusals,
        IsReplicated = true,
        LooksFirst = true,
    };

    public static readonly RouteNotes OfCollection = new("followCollectionChanges", "What changes in a collection", Words)
    {
        Parameters = [SharedNotes.Collection, .. Parameters],
        Answers = Answers,
        Headers = Headers,
        Problems = Refusals,
        IsReplicated = true,
        LooksFirst = true,
    };
}
