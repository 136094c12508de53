using System.Buffers;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>A write that was done, or (202) accepted.</summary>
/// <param name="Version">Position of the write, and so the version of the document that it left.</param>
public sealed record Written(int Status, string Id, Position Version) : IResult, IEndpointMetadataProvider
{
    public string? Location { get; init; }

    public ReturnPreference Preferred { get; init; }

    /// <summary>The document itself, if it was asked for (<c>Prefer: return=representation</c>).</summary>
    public ReadOnlyMemory<byte>? Document { get; init; }

    /// <summary>It was done before, by the first request with this Idempotency-Key.</summary>
    public bool Replayed { get; init; }

    public static Written Of(string collection, string id, Verdict verdict, WriteTerms terms) => new(verdict.Status, id, verdict.At)
    {
        Location = verdict.Status switch
        {
            StatusCodes.Status201Created => $"/v1/{collection}/{id}",
            StatusCodes.Status202Accepted => $"/v1/_positions/{verdict.At}",
            _ => null,
        },
        Preferred = terms.Return,
        Replayed = verdict.Replayed,
    };

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(WrittenBody), [DocumentBody.MediaType]));
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status201Created, typeof(WrittenBody), [DocumentBody.MediaType]));
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status202Accepted, typeof(WrittenBody), [DocumentBody.MediaType]));
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status204NoContent));
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.Headers.CacheControl = "no-store";
        response.Headers.Location = Location;
        if (Replayed)
        {
            response.Headers["Idempotency-Replayed"] = "true";
        }

        if (Status is StatusCodes.Status200OK or StatusCodes.Status201Created)
        {
            response.Headers.ETag = EntityTags.Of(Version);
        }

        if (Status == StatusCodes.Status204NoContent)
        {
            return Task.CompletedTask;
        }

        Preferences.Applied(response, Preferred, isWhole: Document is not null);
        var body = Document ?? Render();
        response.ContentType = DocumentBody.MediaType;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, CancellationToken.None).AsTask();
    }

    private ReadOnlyMemory<byte> Render()
    {
        var buffer = new ArrayBufferWriter<byte>(256); // as much as the JSON writer asks for
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("version", Version.ToString());
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}

/// <summary>The answer to a write, as a client reads it.</summary>
/// <param name="Id">The document's id.</param>
/// <param name="Version">The position of the write, which is the document's version.</param>
public sealed record WrittenBody(string Id, string Version);
