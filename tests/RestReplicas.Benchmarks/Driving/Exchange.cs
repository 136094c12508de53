using System.Globalization;

namespace RestReplicas.Benchmarks.Driving;

/// <summary>One kind of request. Where it says <see cref="Key"/>, the generator puts a key: a number of so many digits.</summary>
/// <param name="Answered">What the body of a good answer has in it.</param>
internal sealed record Exchange(string Method, string Path, string? Body, int KeyDigits, string Answered = "")
{
    public const string Key = "<key>";

    /// <summary>As it goes over the wire, but for the key. The length of the body is the same for all keys.</summary>
    public string Wire(Uri member)
    {
        var length = Body?.Replace(Key, new string('0', KeyDigits), StringComparison.Ordinal).Length.ToString(CultureInfo.InvariantCulture);
        var about = length is null ? "" : $"Content-Type: application/json\r\nContent-Length: {length}\r\n";
        return $"{Method} {Path} HTTP/1.1\r\nHost: {member.Authority}\r\n{about}\r\n{Body}";
    }
}

/// <summary>What a generator sends: the one request, or in some cases the other.</summary>
/// <param name="RareShare">How many of all are <paramref name="Rare"/>, 0 to 1.</param>
internal sealed record Mix(Exchange Usual, Exchange? Rare = null, double RareShare = 0);

/// <summary>What is stored under the keys.</summary>
internal static class Documents
{
    public const int Keys = 20_000;
    public const int Bytes = 200;

    /// <summary>It is in every document, and tells it from other answers.</summary>
    public const string Name = "Egill";

    private const string Empty = $$"""{"name":"{{Name}}","text":""}""";

    /// <summary>A JSON document of so many bytes.</summary>
    public static string OfLength(int bytes) => $$"""{"name":"{{Name}}","text":"{{new string('x', bytes - Empty.Length)}}"}""";
}
