using System.IO.Compression;
using Microsoft.Net.Http.Headers;

namespace RestReplicas.Documents;

/// <summary>How the bytes of a body travel (RFC 9110 §8.4.1). What is stored, and what a version names, is never coded.</summary>
public enum Coding
{
    Identity,
    Gzip,
    Brotli,
}

/// <summary>Which codings there are, and which one an answer gets.</summary>
/// <remarks>
/// Compressed, an answer's length tells whether something that an attacker put into it stands in it a second time, also
/// under encryption (BREACH). That needs a secret beside his text, in an answer to a request that he can make a browser
/// send with its credentials. Here an answer holds a document and nothing of the request; the only cookie is a position,
/// and other sites' requests come without it and without credentials (CORS).
/// </remarks>
public static class Codings
{
    /// <summary>What is taken in a request's Content-Encoding, as an answer's Accept-Encoding says it.</summary>
    public const string Taken = "br, gzip";

    /// <summary>Where a client likes several equally: at these levels Brotli is as fast, and smaller.</summary>
    private static readonly Coding[] Preferred = [Coding.Brotli, Coding.Gzip, Coding.Identity];

    /// <summary>The best for the client, which Vary then says; null: it takes none of those there are.</summary>
    /// <param name="large">Large enough to be compressed; anything smaller is only if the client insists.</param>
    public static Coding? Choose(HttpContext context, bool large)
    {
        context.Response.Headers.Vary = HeaderNames.AcceptEncoding; // whatever is chosen, it was chosen by that
        if (context.Request.Headers.AcceptEncoding.Count == 0)
        {
            return Coding.Identity;
        }

        var wishes = Wishes(context.Request);
        return large || Quality(wishes, Coding.Identity) == 0
            ? Preferred.Cast<Coding?>().Where(coding => Quality(wishes, coding!.Value) > 0).MaxBy(coding => Quality(wishes, coding!.Value))
            : Coding.Identity;
    }

    /// <summary>Whether the client can read it: what it has not asked for it need not know.</summary>
    public static bool IsTaken(HttpRequest request, Coding coding) =>
        coding == Coding.Identity || (request.Headers.AcceptEncoding.Count > 0 && Quality(Wishes(request), coding) > 0);

    public static string NameOf(Coding coding) => coding switch
    {
        Coding.Gzip => "gzip",
        Coding.Brotli => "br",
        _ => "identity",
    };

    /// <summary>Null: there is no such coding here.</summary>
    public static Coding? Named(ReadOnlySpan<char> name) =>
        name.Equals("gzip", StringComparison.OrdinalIgnoreCase) || name.Equals("x-gzip", StringComparison.OrdinalIgnoreCase) ? Coding.Gzip
        : name.Equals("br", StringComparison.OrdinalIgnoreCase) ? Coding.Brotli
        : name.Equals("identity", StringComparison.OrdinalIgnoreCase) ? Coding.Identity
        : null;

    /// <summary>What is written into it is written coded; <paramref name="output"/> stays open.</summary>
    public static Stream Encode(Coding coding, Stream output) => coding switch
    {
        Coding.Gzip => new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true),
        Coding.Brotli => new BrotliStream(output, CompressionLevel.Fastest, leaveOpen: true),
        _ => output,
    };

    public static ReadOnlyMemory<byte> Encode(Coding coding, ReadOnlyMemory<byte> body)
    {
        if (coding == Coding.Identity)
        {
            return body;
        }

        var coded = new MemoryStream();
        using (var coder = Encode(coding, coded))
        {
            coder.Write(body.Span);
        }

        return coded.GetBuffer().AsMemory(0, (int)coded.Length);
    }

    /// <summary>An entry that cannot be understood is no wish.</summary>
    private static IList<StringWithQualityHeaderValue> Wishes(HttpRequest request) =>
        StringWithQualityHeaderValue.TryParseList([.. request.Headers.AcceptEncoding.OfType<string>()], out var wishes) ? wishes : [];

    /// <summary>
    /// 0 to 1 (RFC 9110 §12.5.3): by name, else by <c>*</c>. No coding at all is never excluded by silence, but the last
    /// resort then.
    /// </summary>
    private static double Quality(IList<StringWithQualityHeaderValue> wishes, Coding coding) =>
        (wishes.FirstOrDefault(wish => Named(wish.Value) == coding) ?? wishes.FirstOrDefault(wish => wish.Value == "*")) is { } found
            ? found.Quality ?? 1
            : coding == Coding.Identity ? double.Epsilon : 0;
}
