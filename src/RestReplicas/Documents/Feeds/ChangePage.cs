using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Documents.Feeds;

/// <summary>The feed as JSON: what came after a position, and where to go on.</summary>
/// <param name="Next">All up to there is in this page or not of interest.</param>
/// <param name="More">More is there already.</param>
public sealed record ChangePage(IReadOnlyList<Committed> Events, Position Next, bool More, bool WithDocuments) : IResult, IEndpointMetadataProvider
{
    private const int FlushAt = 64 * 1024;

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(ChangesBody), [DocumentBody.MediaType]));

    /// <param name="since">What was read is all that came after it.</param>
    public static ChangePage Of(History.Held held, Position since, FeedRequest request)
    {
        var events = new List<Committed>();
        var next = since;
        foreach (var committed in held.Changes)
        {
            if (ChangeJson.Of(committed, request.Collection) is { } mine)
            {
                if (events.Count == request.Limit)
                {
                    return new(events, next, More: true, request.WithDocuments);
                }

                events.Add(mine);
                next = mine.At;
            }
        }

        return new(events, held.Through, held.Through != held.Applied, request.WithDocuments);
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = DocumentBody.MediaType;
        response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        await using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("events");
        foreach (var committed in Events)
        {
            json.WriteStartObject();
            ChangeJson.Write(json, committed, WithDocuments);
            json.WriteEndObject();
            if (json.BytesPending > FlushAt)
            {
                await json.FlushAsync(httpContext.RequestAborted);
            }
        }

        json.WriteEndArray();
        json.WriteString("next", Next.ToString());
        json.WriteBoolean("more", More);
        json.WriteEndObject();
        await json.FlushAsync(httpContext.RequestAborted);
    }
}

/// <summary>A page of changes, for the OpenAPI document.</summary>
/// <param name="Events">In commit order, one for each position.</param>
/// <param name="Next">Send it as <c>since</c> to go on.</param>
/// <param name="More">Whether more is there already: then ask again without waiting.</param>
public sealed record ChangesBody(IReadOnlyList<ChangeEvent> Events, string Next, bool More);

/// <param name="Position">Of the write; of server-sent events the id.</param>
/// <param name="Changes">Several if it was a batch.</param>
public sealed record ChangeEvent(string Position, IReadOnlyList<DocumentChange> Changes);

/// <param name="Kind"><c>created</c>, <c>replaced</c> or <c>deleted</c>.</param>
/// <param name="Version">The document's, from then on; of a deleted one, the position of its end.</param>
/// <param name="UpdatedAt">When it was written, by the cluster's clock.</param>
/// <param name="Document">As it was stored; only with <c>include=document</c>, and not if it was deleted.</param>
public sealed record DocumentChange(string Collection, string Id, string Kind, string Version, DateTimeOffset UpdatedAt, object? Document);
