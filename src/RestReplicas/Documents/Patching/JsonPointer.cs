using System.Globalization;

namespace RestReplicas.Documents.Patching;

/// <summary>A JSON Pointer (RFC 6901): the way from a document to one of its values.</summary>
public sealed class JsonPointer
{
    /// <summary>Characters of a pointer that are shown.</summary>
    public const int LongestShown = 512;

    private JsonPointer(string text, string[] tokens) => (Text, Tokens) = (text, tokens);

    public string Text { get; }

    /// <summary>One for each step, unescaped; none: the whole document.</summary>
    public string[] Tokens { get; }

    /// <summary>Null: the text is no pointer. One is empty or begins with '/', and '~' stands only before 0 and 1 (§3).</summary>
    public static JsonPointer? Parse(string text)
    {
        if (text.Length == 0)
        {
            return new(text, []);
        }

        for (var at = text.IndexOf('~', StringComparison.Ordinal); at >= 0; at = text.IndexOf('~', at + 1))
        {
            if (at + 1 == text.Length || text[at + 1] is not ('0' or '1'))
            {
                return null;
            }
        }

        // First ~1, then ~0: so ~01 is "~1" and not "/" (§4).
        return text[0] == '/'
            ? new(text, [.. text[1..].Split('/').Select(
                token => token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))])
            : null;
    }

    /// <summary>The other one leads to something inside what this one leads to.</summary>
    public bool IsAbove(JsonPointer other) =>
        other.Tokens.Length > Tokens.Length && other.Tokens.AsSpan(0, Tokens.Length).SequenceEqual(Tokens);

    /// <summary>A name as a step of a pointer (§3).</summary>
    public static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>For people: cut where it grows long.</summary>
    public static string Shorten(string text) =>
        text.Length <= LongestShown ? text
        : text[..(char.IsHighSurrogate(text[LongestShown - 1]) ? LongestShown - 1 : LongestShown)] + "…";

    /// <summary>
    /// An element's place in an array: 0, or digits that do not begin with 0 (§4). Null: it is no such number; one that is
    /// too large for any array is <see cref="int.MaxValue"/>.
    /// </summary>
    public static int? ReadIndex(string token) =>
        token.Length == 0 || !token.All(char.IsAsciiDigit) || (token[0] == '0' && token.Length > 1) ? null
        : int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index
        : int.MaxValue;
}
