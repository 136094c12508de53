using System.Buffers;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using RestReplicas.Documents.Patching;
using RestReplicas.Protocol;

namespace RestReplicas.Documents.Batches;

/// <param name="Status">What the operation would have been answered by itself.</param>
public sealed record BatchResult(int Status, DocumentName Name)
{
    /// <summary>Null: it left no document.</summary>
    public Position? Version { get; init; }

    /// <summary>What it left, if that was asked for (<c>Prefer: return=representation</c>).</summary>
    public ReadOnlyMemory<byte>? Document { get; init; }
}

/// <summary>A batch that was done, or (202) accepted: a result for each operation, in their order.</summary>
public sealed record BatchAnswer(Position Position, IReadOnlyList<BatchResult> Results) : IResult, IEndpointMetadataProvider
{
    public bool IsAccepted { get; init; }

    public ReturnPreference Preferred { get; init; }

    /// <summary>It was done before, by the first request with this Idempotency-Key.</summary>
    public bool Replayed { get; init; }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(BatchBody), [DocumentBody.MediaType]));
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status202Accepted, typeof(BatchBody), [DocumentBody.MediaType]));
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = IsAccepted ? StatusCodes.Status202Accepted : StatusCodes.Status200OK;
        response.Headers.CacheControl = "no-store";
        response.Headers.Location = IsAccepted ? $"/v1/_positions/{Position}" : null;
        if (Replayed)
        {
            response.Headers["Idempotency-Replayed"] = "true";
        }

        Preferences.Applied(response, Preferred, Results.All(r => r.Document is not null || r.Version is null));
        var body = Render();
        response.ContentType = DocumentBody.MediaType;
        response.ContentLength = body.WrittenCount;
        return response.Body.WriteAsync(body.WrittenMemory, httpContext.RequestAborted).AsTask();
    }

    private ArrayBufferWriter<byte> Render()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("position", Position.ToString());
        json.WriteStartArray("results");
        foreach (var result in Results)
        {
            json.WriteStartObject();
            json.WriteNumber("status", result.Status);
            json.WriteString("collection", result.Name.Collection);
            json.WriteString("id", result.Name.Id);
            json.WriteString("version", result.Version?.ToString());
            if (result.Document is { } document)
            {
                json.WritePropertyName("document");
                json.WriteRawValue(document.Span, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer;
    }
}

/// <summary>The answer to a batch, for the OpenAPI document.</summary>
/// <param name="Position">Of the batch, and so the version of every document that it left.</param>
/// <param name="Results">One for each operation, in their order.</param>
public sealed record BatchBody(string Position, IReadOnlyList<BatchResultBody> Results);

/// <param name="Status">What the operation would have been answered by itself.</param>
/// <param name="Version">Of the document that it left; null: it left none.</param>
/// <param name="Document">With Prefer: return=representation.</param>
public sealed record BatchResultBody(int Status, string Collection, string Id, string? Version, object? Document = null);
