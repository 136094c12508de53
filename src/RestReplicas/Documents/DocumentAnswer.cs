using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using RestReplicas.Storage;

namespace RestReplicas.Documents;

/// <summary>A document as it was stored, byte by byte; or only its validators, if the client has it already.</summary>
public sealed record DocumentAnswer(StoredDocument Document, Coding Coding, bool NotModified) : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(object), [DocumentBody.MediaType]));
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status304NotModified));
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.Headers.ETag = EntityTags.Of(Document.Version, Coding);
        response.Headers.LastModified =
            DateTimeOffset.FromUnixTimeMilliseconds(Document.UpdatedAt).ToString("R", CultureInfo.InvariantCulture);
        if (NotModified)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        var body = Codings.Encode(Coding, Document.Body);
        if (Coding != Coding.Identity)
        {
            response.Headers.ContentEncoding = Codings.NameOf(Coding);
        }

        response.ContentType = DocumentBody.MediaType;
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(httpContext.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(body, CancellationToken.None).AsTask();
    }
}
