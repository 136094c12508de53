using Microsoft.Net.Http.Headers;
using RestReplicas.Protocol;

namespace RestReplicas.Documents.Feeds;

/// <summary>What a client asks of the change feed.</summary>
/// <param name="Collection">Only its changes; null: all.</param>
/// <param name="Since">Only what came after it; null: from now on.</param>
/// <param name="Limit">Events, then it ends; null: a stream without end.</param>
/// <param name="WithDocuments">The changes carry the documents that they left.</param>
/// <param name="Wait">How long an answer may wait for a first event.</param>
/// <param name="Streams">Server-sent events; otherwise JSON.</param>
public sealed record FeedRequest(string? Collection, Position? Since, int? Limit, bool WithDocuments, TimeSpan Wait, bool Streams)
{
    public const string LastEventId = "Last-Event-ID";

    private static readonly Dictionary<string, bool> Inclusions = new() { ["document"] = true };

    /// <summary>Null, with a problem, where the request is not understood.</summary>
    public static FeedRequest? Read(HttpRequest request, string? collection, ChangeOptions options, out Problem? problem)
    {
        problem = collection is null ? null : Names.CheckCollection(collection);
        if (problem is not null || (problem = ReadAccept(request, out var streams)) is not null)
        {
            return null;
        }

        var query = new QueryReader(request);
        var since = ReadSince(request, query);
        var limit = (int?)query.Number("limit", 1, options.MaxPageSize, "events");
        var include = query.OneOf("include", Inclusions) ?? false;
        var wait = streams ? null : query.Milliseconds("wait", TimeSpan.Zero, options.LongestWait);
        problem = query.Finish();
        return problem is null ? new(collection, since, limit ?? (streams ? null : options.PageSize), include, wait ?? default, streams) : null;
    }

    /// <summary>The header wins: a browser that connects again repeats the URL that it began with, and says there how far it came.</summary>
    private static Position? ReadSince(HttpRequest request, QueryReader query)
    {
        var since = query.Text("since") switch
        {
            null or "now" => null,
            "0" => Position.Zero,
            var text => Read("since", text, "'since' is a position as the feed gives it (7.48213), 'now', or 0: all that is still held."),
        };
        return request.Headers.TryGetValue(LastEventId, out var ids)
            ? Read(LastEventId, ids is [{ } id] ? id : "", "It is the id of the last event that was received: 7.48213.")
            : since;

        Position? Read(string name, string text, string detail)
        {
            if (Position.TryParse(text, out var position))
            {
                return position;
            }

            query.Refuse(name, detail);
            return null;
        }
    }

    /// <summary>Of what the client accepts most, the first that there is; JSON for who has no wish (RFC 9110 §12.5.1).</summary>
    private static Problem? ReadAccept(HttpRequest request, out bool streams)
    {
        streams = false;
        var accept = request.Headers.Accept;
        if (accept.All(string.IsNullOrWhiteSpace))
        {
            return null;
        }

        if (MediaTypeHeaderValue.TryParseList(accept, out var wishes))
        {
            foreach (var wish in wishes.Where(w => w.Quality is not 0).OrderByDescending(w => w.Quality ?? 1))
            {
                switch (wish.MediaType.Value?.ToLowerInvariant())
                {
                    case "application/json" or "application/*" or "*/*":
                        return null;
                    case ServerSentEvents.MediaType or "text/*":
                        streams = true;
                        return null;
                }
            }
        }

        return Problems.NotAcceptable($"Changes come as {ServerSentEvents.MediaType} or {DocumentBody.MediaType}: send Accept with one of them.");
    }
}
