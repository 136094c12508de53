using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using RestReplicas.Cluster;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>
/// An error as clients see it (RFC 9457), always <c>application/problem+json</c>. <see cref="Problems"/> lists them all.
/// </summary>
/// <param name="Detail">What to do about it, in sentences.</param>
public sealed record Problem(string Type, int Status, string Title, string Detail) : IResult
{
    /// <summary>Certain unless said otherwise: whoever cannot be sure says so.</summary>
    public string Outcome { get; init; } = Problems.Outcomes.None;

    /// <summary>Of the write, if it has one.</summary>
    public Position? Position { get; init; }

    /// <summary>Of the changes that are still held: all that came after it.</summary>
    public Position? Oldest { get; init; }

    /// <summary>The query parameter, path segment or header at fault.</summary>
    public string? Parameter { get; init; }

    public DocumentFault? Fault { get; init; }

    public FailedOperation? Failed { get; init; }

    public CurrentVersion? Current { get; init; }

    /// <summary>Seconds.</summary>
    public int? RetryAfter { get; init; }

    public bool Replayed { get; init; }

    /// <summary>What else the status calls for: with 415, what would be taken.</summary>
    public (string Name, string Value)? Header { get; init; }

    /// <summary>Quotes as quotes: people read this in a terminal, and no browser takes it for a page.</summary>
    private static readonly JsonWriterOptions ForPeople = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (Replayed)
        {
            response.Headers["Idempotency-Replayed"] = "true";
        }

        if (Header is var (name, value))
        {
            response.Headers[name] = value;
        }

        var body = Render(httpContext.RequestServices.GetRequiredService<Node>().Status.LeaderUrl());
        response.ContentLength = body.WrittenCount;

        // To the end, even where the client has sent its last byte too early and counts as gone: it may still listen.
        return response.Body.WriteAsync(body.WrittenMemory, CancellationToken.None).AsTask();
    }

    /// <param name="leader">The leader's public URL, if one is known.</param>
    public ArrayBufferWriter<byte> Render(string? leader)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer, ForPeople);
        json.WriteStartObject();
        json.WriteString("type", Type);
        json.WriteString("title", Title);
        json.WriteNumber("status", Status);
        json.WriteString("detail", Detail);
        json.WriteString("outcome", Outcome);
        WriteIfKnown(json, "position", Position?.ToString());
        WriteIfKnown(json, "oldest", Oldest?.ToString());
        WriteIfKnown(json, "leader", leader);
        WriteIfKnown(json, "parameter", Parameter);
        if (Fault is { } fault)
        {
            json.WriteNumber("offset", fault.Offset);
            json.WriteString("path", fault.Path);
        }

        if (Failed is { } failed)
        {
            json.WriteNumber("operation", failed.Operation);
            WriteIfKnown(json, "path", failed.Path);
            WriteIfKnown(json, "target", failed.Target);
        }

        if (Current is { } current)
        {
            json.WriteString("current", current.Version?.ToString());
        }

        json.WriteEndObject();
        return buffer;
    }

    private static void WriteIfKnown(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}

/// <summary>Which operation of a batch or of a JSON Patch failed.</summary>
/// <param name="Operation">Its number, from 0.</param>
/// <param name="Path">JSON Pointer to it in the body of a batch.</param>
/// <param name="Target">JSON Pointer into the document: where a patch failed.</param>
public sealed record FailedOperation(int Operation, string? Path, string? Target);

/// <param name="Version">Null: there is no document.</param>
public sealed record CurrentVersion(Position? Version);

/// <summary>A problem (RFC 9457), as a client reads it.</summary>
/// <param name="Outcome"><c>none</c>: it certainly did not happen; <c>committed</c>: it did; <c>unknown</c>: it may have.</param>
/// <param name="Position">Of the write, if it has one.</param>
/// <param name="Oldest">With <c>history-gone</c>: all changes after it are still held.</param>
/// <param name="Leader">The leader's public URL, if one is known.</param>
/// <param name="Parameter">The query parameter, path segment or header at fault.</param>
/// <param name="Offset">Of the byte at fault, in the body.</param>
/// <param name="Path">JSON Pointer to what is at fault, in the body.</param>
/// <param name="Operation">Of a batch or of a JSON Patch, from 0: the one that failed.</param>
/// <param name="Target">JSON Pointer into the document: where the patch failed.</param>
/// <param name="Current">The version that was found, if there is a document.</param>
public sealed record ProblemBody(
    string Type,
    string Title,
    int Status,
    string Detail,
    string Outcome,
    string? Position,
    string? Oldest,
    string? Leader,
    string? Parameter,
    long? Offset,
    string? Path,
    int? Operation,
    string? Target,
    string? Current);
