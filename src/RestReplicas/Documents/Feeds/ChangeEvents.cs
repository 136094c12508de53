using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using RestReplicas.Cluster;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Documents.Feeds;

/// <summary>
/// The feed as server-sent events: <c>message</c> (a browser's word for an event without a name) for what one entry changed;
/// <c>bookmark</c> where the position moves on without one; <c>reset</c> where the reader's position is not in this history;
/// <c>dropped</c> where it cannot go on here. A reader that connects again with the last id misses nothing.
/// </summary>
/// <param name="from">Only what came after it; null: the reader's position is not in this history.</param>
/// <param name="stopping">The node stops: the stream ends at once, and in order.</param>
public sealed partial class ChangeEvents(
    FeedRequest request, Position? from, Node node, ChangeTail tail, ChangeOptions options, ILogger log, CancellationToken stopping) : IResult
{
    /// <summary>Before a browser connects again.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly ArrayBufferWriter<byte> _data = new();
    private long _sentAt = Stopwatch.GetTimestamp();
    private int _left = request.Limit ?? int.MaxValue;
    private ServerSentEvents _events = null!;

    /// <summary>Until there must be a sign of life.</summary>
    private TimeSpan Quiet => TimeSpan.FromTicks(Math.Max(0, (options.Heartbeat - Stopwatch.GetElapsedTime(_sentAt)).Ticks));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        _events = ServerSentEvents.Begin(httpContext, options.SendLimit);
        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping);
        try
        {
            _events.Retry(Retry);
            await (from is { } position ? Follow(position, ending.Token) : Reset(ending.Token));
            await _events.Flush(ending.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !_events.IsStuck)
        {
            // Only whole events were sent; Kestrel sends the end.
        }
        catch (Exception e) when (e is TimeoutException || (e is OperationCanceledException && stopping.IsCancellationRequested))
        {
            LogDropped(log, httpContext.Connection.RemoteIpAddress, "It took nothing of what was sent for too long.");
            httpContext.Abort();
        }
    }

    private async Task Follow(Position at, CancellationToken cancelled)
    {
        var told = at;
        var caughtUp = false;
        while (true)
        {
            var (history, why) = Read(at);
            if (history is not History.Held held)
            {
                await (history is History.Foreign ? Reset(cancelled) : Drop(why, cancelled));
                return;
            }

            foreach (var committed in held.Changes)
            {
                if (ChangeJson.Of(committed, request.Collection) is { } mine)
                {
                    told = mine.At;
                    await Send(null, told, json => ChangeJson.Write(json, mine, request.WithDocuments), cancelled);
                    if (--_left == 0)
                    {
                        return;
                    }
                }
            }

            at = held.Through;
            var isEnd = at == held.Applied;
            if ((isEnd && !caughtUp) || (at != told && Quiet == TimeSpan.Zero))
            {
                caughtUp |= isEnd;
                told = at;
                await Send("bookmark", at, json => WritePosition(json, at), cancelled);
            }
            else if (Quiet == TimeSpan.Zero)
            {
                _events.Comment();
                _sentAt = Stopwatch.GetTimestamp();
            }

            await _events.Flush(cancelled);
            if (isEnd)
            {
                await tail.Wait(at, Quiet, cancelled);
            }
        }
    }

    /// <summary>Null, and why, where it cannot be read here.</summary>
    private (History? History, string Why) Read(Position since)
    {
        try
        {
            return node.Status.Damage is { } damage ? (null, damage)
                : (tail.Read(since, since.Index), $"The log here no longer holds what came after {since}.");
        }
        catch (DamagedStateException e)
        {
            node.ReportDamage(e.Message);
            return (null, e.Message);
        }
        catch (DamagedEntryException e)
        {
            node.MendEntry(e.Index);
            return (null, e.Message);
        }
    }

    /// <summary>With an id from which the reader can go on, once it has read the state at that position anew.</summary>
    private async Task Reset(CancellationToken cancelled)
    {
        var now = node.Status.Applied;
        await Send(
            "reset",
            now,
            json =>
            {
                WritePosition(json, now);
                json.WriteString("reason", "Your position is not in this history: the cluster was restored from an older state. "
                    + "Read the documents anew (minPosition), then go on from here.");
            },
            cancelled);
    }

    private async Task Drop(string why, CancellationToken cancelled)
    {
        LogDropped(log, null, why);
        await Send("dropped", null, json => json.WriteString("reason", why), cancelled);
    }

    private async ValueTask Send(string? name, Position? id, Action<Utf8JsonWriter> write, CancellationToken cancelled)
    {
        _data.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_data))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        await _events.Send(name, id?.ToString(), _data.WrittenMemory, cancelled);
        _sentAt = Stopwatch.GetTimestamp();
    }

    private static void WritePosition(Utf8JsonWriter json, Position position) => json.WriteString("position", position.ToString());

    [LoggerMessage(LogLevel.Warning, "A reader of the changes ({Reader}) was dropped: {Why}")]
    private static partial void LogDropped(ILogger log, IPAddress? reader, string why);
}
