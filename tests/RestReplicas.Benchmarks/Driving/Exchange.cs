using System.Globalization;
using System.Net.Http.Headers;

namespace RestReplicas.Benchmarks.Driving;

/// <summary>One kind of request. Where it says <see cref="Key"/>, the generator puts a key: a number of so many digits.</summary>
/// <param name="Answered">What the body of a good answer has in it.</param>
internal sealed record Exchange(string Method, string Path, string? Body, int KeyDigits, string Answered = "")
{
    public const string Key = "<key>";
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public HttpRequestMessage For(Uri member, int key)
    {
        var digits = key.ToString(CultureInfo.InvariantCulture).PadLeft(KeyDigits, '0');
        return new(new HttpMethod(Method), new Uri(member, Path.Replace(Key, digits, StringComparison.Ordinal)))
        {
            Content = Body is null ? null : new StringContent(Body.Replace(Key, digits, StringComparison.Ordinal), Json),
        };
    }
}

/// <summary>What a generator sends: the one request, or in some cases the other.</summary>
/// <param name="RareShare">How many of all are <paramref name="Rare"/>, 0 to 1.</param>
internal sealed record Mix(Exchange Usual, Exchange? Rare = null, double RareShare = 0);

/// <summary>What is stored under the keys.</summary>
internal static class Documents
{
    public const int Keys = 20_000;

    /// <summary>It is in every document, and tells it from other answers.</summary>
    public const string Name = "Egill";

    private const string Empty = $$"""{"name":"{{Name}}","text":""}""";

    /// <summary>A JSON document of 200 bytes.</summary>
    public static readonly string Text = $$"""{"name":"{{Name}}","text":"{{new string('x', 200 - Empty.Length)}}"}""";
}
