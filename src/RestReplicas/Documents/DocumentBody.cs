using Microsoft.Net.Http.Headers;

namespace RestReplicas.Documents;

/// <summary>
/// Reads a request's body: type, coding, size, then content. A body that ends before its Content-Length, or
/// dawdles, makes Kestrel throw <see cref="BadHttpRequestException"/>; <see cref="ProblemPages"/> words it.
/// </summary>
public static class DocumentBody
{
    public const string MediaType = "application/json";

    private static readonly string[] OfDocuments = [MediaType];

    public static async ValueTask<(byte[] Body, Problem? Problem)> Read(HttpRequest request, DocumentOptions limits)
    {
        var (body, problem) = await ReadBytes(request, limits.MaxBytes, OfDocuments);
        problem ??= DocumentCheck.FindFault(body, limits.MaxDepth) is { } fault ? Problems.InvalidDocument(fault) : null;
        return (body, problem);
    }

    /// <summary>A body of one of these types, decoded, of at most so many bytes; what it says is not looked at.</summary>
    public static async ValueTask<(byte[] Body, Problem? Problem)> ReadBytes(HttpRequest request, int limit, string[] mediaTypes)
    {
        var coding = Coding.Identity;
        if ((CheckWhole(request) ?? CheckType(request, mediaTypes) ?? CheckCoding(request, out coding)) is { } problem)
        {
            return ([], problem);
        }

        return request.ContentLength > limit || await ReadWhileOpen(request, limit) is not { } sent
            ? ([], Problems.TooLarge(limit))
            : CodedBody.Decode(coding, sent, limit);
    }

    /// <summary>A part that was taken for the whole would destroy the rest (RFC 9110 §14.5).</summary>
    private static Problem? CheckWhole(HttpRequest request) =>
        request.Headers.ContentRange.Count > 0
            ? Problems.InvalidRequest(HeaderNames.ContentRange, "A body is taken whole here. Send all of it, or PATCH the document.")
            : null;

    private static Problem? CheckType(HttpRequest request, string[] mediaTypes)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !IsOneOf(mediaTypes, type))
        {
            return Problems.UnsupportedMediaType($"Send it with Content-Type: {string.Join(" or ", mediaTypes)}.");
        }

        if (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            && !type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase))
        {
            return Problems.UnsupportedMediaType("JSON is UTF-8 (RFC 8259 §8.1); send it without another charset.");
        }

        return null;
    }

    private static Problem? CheckCoding(HttpRequest request, out Coding coding)
    {
        coding = Coding.Identity;
        if (request.Headers.ContentEncoding.Count == 0)
        {
            return null;
        }

        var names = request.Headers.GetCommaSeparatedValues(HeaderNames.ContentEncoding);
        if (names.Length > 1 || Codings.Named(names.SingleOrDefault("identity")) is not { } named)
        {
            return Problems.UnsupportedCoding();
        }

        coding = named;
        return null;
    }

    private static bool IsOneOf(string[] mediaTypes, MediaTypeHeaderValue type)
    {
        foreach (var known in mediaTypes)
        {
            if (type.MediaType.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static async ValueTask<byte[]?> ReadWhileOpen(HttpRequest request, int limit)
    {
        var input = request.HttpContext.Features.Get<ClientInput>();
        if (input is null)
        {
            return await ReadAtMost(request, limit);
        }

        input.IsBody = true;
        try
        {
            return await ReadAtMost(request, limit);
        }
        finally
        {
            input.IsBody = false;
        }
    }

    /// <summary>Null: there is more.</summary>
    private static async ValueTask<byte[]?> ReadAtMost(HttpRequest request, int limit)
    {
        // Not until RequestAborted: a connection that breaks ends the reading by itself, and says how.
        if (request.ContentLength is { } length)
        {
            var whole = new byte[length];
            await request.Body.ReadExactlyAsync(whole, CancellationToken.None);
            return whole;
        }

        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, CancellationToken.None)) > 0)
        {
            if (body.Length + read > limit)
            {
                return null;
            }

            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }
}
