using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using RestReplicas.Documents.Lists;
using RestReplicas.Storage;

namespace RestReplicas.Documents;

/// <summary>A page of a collection. Documents come and go between pages; one that stays as it is is seen exactly once.</summary>
/// <param name="Next">Where the next page begins; null: this was the last one.</param>
/// <param name="Fields">What is shown of each document; null: all of it.</param>
public sealed record PageAnswer(IReadOnlyList<StoredDocument> Items, string? Next, Projection? Fields, Coding Coding) : IResult, IEndpointMetadataProvider
{
    private const int FlushAt = 64 * 1024;

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(PageBody), [DocumentBody.MediaType]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = DocumentBody.MediaType;
        if (Next is not null)
        {
            response.Headers.Link = $"<{NextUrl(httpContext.Request)}>; rel=\"next\"";
        }

        if (Coding != Coding.Identity)
        {
            response.Headers.ContentEncoding = Codings.NameOf(Coding);
        }

        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        await using var coder = Coding == Coding.Identity ? null : Codings.Encode(Coding, response.Body);
        await using var json = coder is null ? new Utf8JsonWriter(response.BodyWriter) : new Utf8JsonWriter(coder);
        json.WriteStartObject();
        json.WriteStartArray("items");
        foreach (var document in Items)
        {
            json.WriteStartObject();
            json.WriteString("id", document.Id);
            json.WriteString("version", document.Version.ToString());
            json.WriteString("updatedAt", Rfc3339.Of(document.UpdatedAt));
            json.WritePropertyName("document");
            json.WriteRawValue((Fields?.Of(document.Body) ?? document.Body).Span, skipInputValidation: true);
            json.WriteEndObject();
            if (json.BytesPending > FlushAt)
            {
                await json.FlushAsync(httpContext.RequestAborted);
            }
        }

        json.WriteEndArray();
        json.WriteString("next", Next);
        json.WriteEndObject();
        await json.FlushAsync(httpContext.RequestAborted);
    }

    /// <summary>The same question, further on.</summary>
    private string NextUrl(HttpRequest request)
    {
        var query = new QueryBuilder();
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
        {
            if (pair.DecodeName().Span is not "cursor")
            {
                query.Add(pair.DecodeName().ToString(), pair.DecodeValue().ToString());
            }
        }

        query.Add("cursor", Next!);
        return request.Path.ToUriComponent() + query.ToQueryString();
    }
}

/// <summary>A page of documents, as a client reads it.</summary>
/// <param name="Next">The <c>cursor</c> of the next page; null after the last.</param>
public sealed record PageBody(IReadOnlyList<PageItem> Items, string? Next);

/// <param name="UpdatedAt">When it was written, by the cluster's clock.</param>
/// <param name="Document">As it was stored.</param>
public sealed record PageItem(string Id, string Version, DateTimeOffset UpdatedAt, object Document);
