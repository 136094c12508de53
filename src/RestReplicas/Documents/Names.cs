using System.Buffers;

namespace RestReplicas.Documents;

/// <summary>
/// What collections and documents may be called. Names that begin with <c>_</c> belong to the service, so that routes
/// can be added beside documents without ever meaning one.
/// </summary>
public static class Names
{
    public const int LongestCollection = 64;

    public const int LongestId = 128;

    /// <summary>RFC 3986 §2.3: never percent-encoded, so an id has one spelling.</summary>
    private static readonly SearchValues<char> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    public static Problem? CheckCollection(string name) =>
        name.Length is >= 1 and <= LongestCollection
        && char.IsAsciiLetter(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
            ? null
            : Problems.InvalidRequest(
                "collection", "A collection's name is a letter, then letters, digits, '_' or '-'; at most 64 characters.");

    public static Problem? CheckId(string id) =>
        id.Length is >= 1 and <= LongestId
        && id[0] != '_'
        && id is not ("." or "..") // these mean directories wherever a URL is normalised
        && !id.AsSpan().ContainsAnyExcept(Unreserved)
            ? null
            : Problems.InvalidRequest(
                "id", "An id is 1 to 128 letters, digits, '-', '.', '_' or '~', does not begin with '_', and is not '.' or '..'.");

    public static Problem? CheckIndex(string name) =>
        CheckCollection(name) is null
            ? null
            : Problems.InvalidRequest("name", "An index's name is a letter, then letters, digits, '_' or '-'; at most 64 characters.");

    public static Problem? Check(string collection, string id) => CheckCollection(collection) ?? CheckId(id);
}
