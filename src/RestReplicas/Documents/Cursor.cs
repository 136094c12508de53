using System.Buffers.Text;
using System.Text;

namespace RestReplicas.Documents;

/// <summary>
/// Where the next page of a collection begins. Opaque to clients, so that it may come to hold more; the first character
/// of what is inside says which format it is.
/// </summary>
public static class Cursor
{
    private const string Format = "1";

    /// <param name="lastId">Of the page before.</param>
    public static string After(string collection, string lastId) =>
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes($"{Format}/{collection}/{lastId}"));

    /// <summary>Null, with a fault in <paramref name="query"/>, where it is no cursor of this collection.</summary>
    public static string? Read(QueryReader query, string collection)
    {
        if (query.Text("cursor") is not { } text)
        {
            return null;
        }

        if (text.Length <= 512 && Base64Url.IsValid(text)
            && Encoding.ASCII.GetString(Base64Url.DecodeFromChars(text)).Split('/') is [Format, var of, var lastId]
            && of == collection && Names.CheckId(lastId) is null)
        {
            return lastId;
        }

        query.Refuse("cursor", "It is what the page before gave as 'next', in the same collection.");
        return null;
    }
}
