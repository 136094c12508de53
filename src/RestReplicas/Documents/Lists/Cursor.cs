using System.Buffers.Text;
using System.Security.Cryptography;
using RestReplicas.Protocol;

namespace RestReplicas.Documents.Lists;

/// <summary>
/// Where the next page begins, opaque to clients: the position of the last document that was looked at, behind a seal
/// over it and the question. The seal is no secret. It tells a cursor of another question, or one that was edited, from
/// one that would silently give wrong pages.
/// </summary>
public static class Cursor
{
    private const byte Format = 2;

    private const int SealBytes = 8;

    private const int Longest = 4096;

    /// <param name="question">What all pages have in common.</param>
    public static string After(ListPosition position, ReadOnlySpan<byte> question)
    {
        var packed = new PackedWriter(256);
        packed.Byte(Format);
        packed.Number(position.Keys.Count);
        foreach (var key in position.Keys)
        {
            packed.Blob(key);
        }

        packed.Text(position.Id);
        return Base64Url.EncodeToString([.. Seal(packed.Written.Span, question), .. packed.Written.Span]);
    }

    /// <summary>Null: no position of this question was ever given as that text.</summary>
    public static ListPosition? Read(string text, ReadOnlySpan<byte> question)
    {
        if (text.Length > Longest || !Base64Url.IsValid(text) || Base64Url.DecodeFromChars(text) is not { Length: > SealBytes } bytes
            || !bytes.AsSpan(0, SealBytes).SequenceEqual(Seal(bytes.AsSpan(SealBytes), question)))
        {
            return null;
        }

        try
        {
            var packed = new PackedReader(bytes.AsSpan(SealBytes));
            if (packed.Byte() != Format)
            {
                return null;
            }

            var keys = new byte[packed.Count()][];
            for (var i = 0; i < keys.Length; i++)
            {
                keys[i] = packed.Blob().ToArray();
            }

            var id = packed.Text();
            return packed.AtEnd && keys.All(key => key.Length is > 0 and <= ValueKey.Longest) && Names.CheckId(id) is null
                ? new(keys, id)
                : null;
        }
        catch (InvariantBrokenException)
        {
            // Sealed by somebody else, who can do so.
            return null;
        }
    }

    private static byte[] Seal(ReadOnlySpan<byte> position, ReadOnlySpan<byte> question) =>
        SHA256.HashData([.. SHA256.HashData(question), .. position])[..SealBytes];
}
