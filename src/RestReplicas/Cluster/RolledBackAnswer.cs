using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>
/// The writes that this node had in its log and a later leader had not (protocol.md §6), the latest first. They are read
/// from the files that were written when they were removed, a line for each.
/// </summary>
public sealed record RolledBackAnswer(string Directory, int Limit) : IResult, IEndpointMetadataProvider
{
    private const int FlushAt = 64 * 1024;

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(RolledBackBody), [DocumentBody.MediaType]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = DocumentBody.MediaType;
        httpContext.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        await using var json = new Utf8JsonWriter(httpContext.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("items");
        var left = Limit;
        var more = false;
        foreach (var line in Lines())
        {
            if (left-- == 0)
            {
                more = true;
                break;
            }

            json.WriteRawValue(line);
            if (json.BytesPending > FlushAt)
            {
                await json.FlushAsync(httpContext.RequestAborted);
            }
        }

        json.WriteEndArray();
        json.WriteBoolean("more", more);
        json.WriteEndObject();
        await json.FlushAsync(httpContext.RequestAborted);
    }

    private IEnumerable<string> Lines() =>
        new DirectoryInfo(Directory) is { Exists: true } directory
            ? directory.EnumerateFiles("*.jsonl").OrderByDescending(First).SelectMany(file => File.ReadLines(file.FullName))
            : [];

    /// <summary>A file is named after its first position.</summary>
    private static Position First(FileInfo file) =>
        Position.TryParse(Path.GetFileNameWithoutExtension(file.Name), out var position) ? position : Position.Zero;
}

/// <summary>Writes that were rolled back, as a client reads them.</summary>
/// <param name="More">There are older ones.</param>
public sealed record RolledBackBody(IReadOnlyList<RolledBackItem> Items, bool More);

/// <param name="Timestamp">When its leader took it, by its clock.</param>
/// <param name="Changes">With the bodies, as strings: what the client sent.</param>
public sealed record RolledBackItem(string Position, DateTimeOffset Timestamp, IReadOnlyList<object> Changes);
