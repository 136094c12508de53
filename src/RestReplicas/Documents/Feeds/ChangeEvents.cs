using System.Diagnostics;
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
/// <param name="stopping">The node stops.</param>
public sealed partial class ChangeEvents(
    FeedRequest request, Position? from, Node node, ChangeTail tail, ChangeOptions options, ILogger log, CancellationToken stopping) : IResult
{
    private long _sentAt = Stopwatch.GetTimestamp();

    /// <summary>Until there must be a sign of life.</summary>
    private TimeSpan Quiet => TimeSpan.FromTicks(Math.Max(0, (options.Heartbeat - Stopwatch.GetElapsedTime(_sentAt)).Ticks));

    public Task ExecuteAsync(HttpContext httpContext) => ServerSentEvents.Answer(
        httpContext,
        options.SendLimit,
        log,
        (events, cancelled) => from is { } position ? Follow(position, events, cancelled) : Reset(events, cancelled),
        stopping);

    private async Task Follow(Position at, ServerSentEvents events, CancellationToken cancelled)
    {
        var (told, left, caughtUp) = (at, request.Limit, false);
        while (true)
        {
            var (history, why) = Read(at);
            if (history is not History.Held held)
            {
                await (history is History.Foreign ? Reset(events, cancelled) : Drop(why, events, cancelled));
                return;
            }

            foreach (var committed in held.Changes)
            {
                if (ChangeJson.Of(committed, request.Collection) is { } mine)
                {
                    told = mine.At;
                    await Send(events, null, told, json => ChangeJson.Write(json, mine, request.WithDocuments), cancelled);
                    if (--left == 0)
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
                await Send(events, "bookmark", at, json => WritePosition(json, at), cancelled);
            }
            else if (Quiet == TimeSpan.Zero)
            {
                events.Comment();
                _sentAt = Stopwatch.GetTimestamp();
            }

            await events.Flush(cancelled);
            if (isEnd)
            {
                at = await tail.Wait(at, request.Collection, Quiet, cancelled);
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
    private async Task Reset(ServerSentEvents events, CancellationToken cancelled)
    {
        var now = node.Status.Applied;
        await Send(
            events,
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

    private async Task Drop(string why, ServerSentEvents events, CancellationToken cancelled)
    {
        LogDropped(log, why);
        await Send(events, "dropped", null, json => json.WriteString("reason", why), cancelled);
    }

    private ValueTask Send(ServerSentEvents events, string? name, Position? id, Action<Utf8JsonWriter> members, CancellationToken cancelled)
    {
        _sentAt = Stopwatch.GetTimestamp();
        return events.Send(name, id?.ToString(), members, cancelled);
    }

    private static void WritePosition(Utf8JsonWriter json, Position position) => json.WriteString("position", position.ToString());

    [LoggerMessage(LogLevel.Warning, "A reader of the changes was dropped: {Why}")]
    private static partial void LogDropped(ILogger log, string why);
}
