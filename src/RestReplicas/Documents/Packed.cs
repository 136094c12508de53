using System.Buffers;
using System.Text;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>
/// Writes what <see cref="PackedReader"/> reads: bytes, numbers of 7 bits per byte (lowest first, as in LEB128), and
/// lengths before text and blobs.
/// </summary>
internal sealed class PackedWriter(int capacity = 64)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(capacity);

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    /// <summary>Not below 0.</summary>
    public void Number(long value)
    {
        Ensure.That(value >= 0, "packed numbers are not negative");
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    public void Blob(ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        _buffer.Write(value);
    }

    /// <summary>Throws for text that is not well-formed UTF-16: it would come back as other text.</summary>
    public void Text(string value)
    {
        var length = Packed.Utf8.GetByteCount(value);
        Number(length);
        Packed.Utf8.GetBytes(value, _buffer.GetSpan(length));
        _buffer.Advance(length);
    }

    public void Position(Position value)
    {
        Number(value.Term.Value);
        Number(value.Index);
    }
}

/// <summary>
/// Reads packed bytes, and believes none of them: whatever is cut short, too long or out of range throws
/// <see cref="InvariantBrokenException"/>.
/// </summary>
internal ref struct PackedReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>How much has been read.</summary>
    public int Offset { get; private set; }

    public readonly bool AtEnd => Offset == _bytes.Length;

    private readonly int Left => _bytes.Length - Offset;

    public byte Byte()
    {
        Ensure.That(Left >= 1, "packed bytes end where they say");
        return _bytes[Offset++];
    }

    public long Number()
    {
        long value = 0;
        for (var shift = 0; shift < 63; shift += 7)
        {
            var next = Byte();
            value |= (long)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                Ensure.That(next != 0 || shift == 0, "a packed number has one spelling");
                return value;
            }
        }

        throw new InvariantBrokenException("a packed number fits in 63 bits");
    }

    public int Int()
    {
        var number = Number();
        Ensure.That(number <= int.MaxValue, "a packed number fits where it is wanted");
        return (int)number;
    }

    /// <summary>How many items follow, each of at least one byte: so no count can ask for more memory than it brings.</summary>
    public int Count()
    {
        var count = Number();
        Ensure.That(count <= Left, "packed bytes hold what they announce");
        return (int)count;
    }

    public ReadOnlySpan<byte> Blob()
    {
        var length = Count();
        var blob = _bytes.Slice(Offset, length);
        Offset += length;
        return blob;
    }

    public string Text()
    {
        try
        {
            return Packed.Utf8.GetString(Blob());
        }
        catch (DecoderFallbackException)
        {
            throw new InvariantBrokenException("packed text is UTF-8");
        }
    }

    public Position Position() => new(new(Number()), Number());
}

internal static class Packed
{
    public static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
