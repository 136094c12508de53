using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.Net.Http.Headers;

namespace RestReplicas.Documents;

/// <summary>
/// What a compressed body stands for, whole or not at all. It is decoded in one go from memory, never further than it may
/// be large, so a small body that stands for an enormous one costs no more than the largest document.
/// </summary>
public static class CodedBody
{
    /// <summary>Header and trailer of gzip, without any content (RFC 1952 §2.3).</summary>
    private const int LeastGzip = 18;

    public static (byte[] Body, Problem? Problem) Decode(Coding coding, byte[] coded, int limit)
    {
        var (status, body) = coding switch
        {
            Coding.Gzip => DecodeGzip(coded, limit),
            Coding.Brotli => DecodeBrotli(coded, limit),
            _ => (OperationStatus.Done, coded),
        };
        return status switch
        {
            OperationStatus.Done => (body, null),
            OperationStatus.DestinationTooSmall => ([], Problems.TooLarge(limit)),
            _ => ([], Problems.InvalidRequest(
                HeaderNames.ContentEncoding, $"The body is not one whole and valid piece of {Codings.NameOf(coding)}. Nothing was changed; compress it again.")),
        };
    }

    private static (OperationStatus Status, byte[] Body) DecodeGzip(byte[] coded, int limit)
    {
        var body = new ArrayBufferWriter<byte>(Math.Min(coded.Length * 4, limit) + 1);
        try
        {
            using var input = new GZipStream(new MemoryStream(coded), CompressionMode.Decompress);
            int read;
            while ((read = input.Read(body.GetSpan())) > 0)
            {
                body.Advance(read);
                if (body.WrittenCount > limit)
                {
                    return (OperationStatus.DestinationTooSmall, []);
                }
            }
        }
        catch (InvalidDataException)
        {
            return (OperationStatus.InvalidData, []);
        }

        // The stream takes one that is cut off for a whole one, and passes over what comes after it; the length comes last.
        return coded.Length >= LeastGzip && BinaryPrimitives.ReadUInt32LittleEndian(coded.AsSpan()[^4..]) == body.WrittenCount
            ? (OperationStatus.Done, body.WrittenSpan.ToArray())
            : (OperationStatus.InvalidData, []);
    }

    private static (OperationStatus Status, byte[] Body) DecodeBrotli(byte[] coded, int limit)
    {
        var body = new ArrayBufferWriter<byte>(Math.Min(coded.Length * 4, limit) + 1);
        var rest = coded.AsSpan();
        using var decoder = new BrotliDecoder();
        while (true)
        {
            var status = decoder.Decompress(rest, body.GetSpan(), out var consumed, out var written);
            rest = rest[consumed..];
            body.Advance(written);
            if (body.WrittenCount > limit)
            {
                return (OperationStatus.DestinationTooSmall, []);
            }

            if (status != OperationStatus.DestinationTooSmall)
            {
                return status == OperationStatus.Done && rest.IsEmpty ? (status, body.WrittenSpan.ToArray()) : (OperationStatus.InvalidData, []);
            }
        }
    }
}
