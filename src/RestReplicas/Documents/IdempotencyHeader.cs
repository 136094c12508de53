using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace RestReplicas.Documents;

/// <summary>
/// The Idempotency-Key of a write (IETF draft). The value is a structured-field string, <c>"8e03…"</c>, but most clients
/// send it bare: both are taken, and mean the same key.
/// </summary>
public static class IdempotencyHeader
{
    public const string Name = "Idempotency-Key";

    private const int Longest = 255;

    /// <param name="path">The route with its names decoded, so that spelling a URL differently is no other request.</param>
    public static Problem? Read(HttpRequest request, string path, ReadOnlySpan<byte> body, out IdempotencyKey? key)
    {
        key = null;
        if (!request.Headers.TryGetValue(Name, out var values))
        {
            return null;
        }

        if (values is not [{ } text] || Unquote(text) is not { Length: >= 1 and <= Longest } value || !value.All(IsVisible))
        {
            return Problems.InvalidRequest(Name, $"It is one value of 1 to {Longest} visible ASCII characters, best a fresh UUID.");
        }

        key = new(Owner(request), value, Fingerprint(request, path, body));
        return null;
    }

    /// <summary>Keys of different callers never meet. A hash, because the credentials themselves belong in no log.</summary>
    private static string Owner(HttpRequest request)
    {
        string? credentials = request.Headers.Authorization;
        credentials ??= request.Headers["X-Api-Key"];
        return credentials is null ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(credentials)));
    }

    /// <summary>
    /// Of what the request means: method, route, conditions and body. Not of <c>acks</c> and <c>timeout</c>, which say
    /// when to answer, and which a client may well change when it asks again. No part can contain a line feed, and the
    /// body comes last, so nothing can be moved from one part to the next.
    /// </summary>
    private static byte[] Fingerprint(HttpRequest request, string path, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(
            $"{request.Method}\n{path}\n{request.Headers[HeaderNames.IfMatch]}\n{request.Headers[HeaderNames.IfNoneMatch]}\n"));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }

    private static string? Unquote(string text) =>
        text.StartsWith('"') ? (text is ['"', .. var inner, '"'] && !inner.Contains('"', StringComparison.Ordinal) ? inner : null) : text;

    private static bool IsVisible(char c) => c is > ' ' and < '\x7f';
}
