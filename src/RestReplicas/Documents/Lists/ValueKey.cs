using System.Buffers.Binary;
using System.Text.Json;

namespace RestReplicas.Documents.Lists;

/// <summary>
/// The value at a path as bytes, whose order is the order of values: nothing there, null, false, true, numbers, strings,
/// arrays, objects. Numbers compare exactly, whatever their size and spelling (1.0 is 1, -0 is 0); strings by code
/// points; all arrays are alike, and all objects.
/// </summary>
public static class ValueKey
{
    /// <summary>Bytes of a key that sorting looks at, and that an index keeps: of a string, the first 255.</summary>
    public const int Longest = 256;

    /// <summary>Exponents beyond it count as this: no number that anybody means has more zeros.</summary>
    private const long LargestExponent = 1_000_000_000_000_000;

    private const int Deepest = 1024;

    /// <summary>The first byte of a key: the type, and for some the value. What is compared with each other shares the upper half.</summary>
    internal enum Kind : byte
    {
        Missing = 0x00,
        Null = 0x10,
        False = 0x20,
        True = 0x21,
        Number = 0x30,
        String = 0x40,
        Array = 0x50,
        Object = 0x60,
    }

    private enum Sign : byte
    {
        Negative = 0,
        Zero = 1,
        Positive = 2,
    }

    /// <param name="body">A document. Of bytes that are none, nothing is anywhere.</param>
    public static byte[] Of(ReadOnlySpan<byte> body, MemberPath path)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = Deepest });
        try
        {
            return path.Find(ref reader) ? Of(ref reader) : [(byte)Kind.Missing];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return [(byte)Kind.Missing];
        }
    }

    /// <summary>Of the value whose first token was read. Throws <see cref="InvalidOperationException"/> for half a surrogate pair.</summary>
    public static byte[] Of(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => [(byte)Kind.Null],
        JsonTokenType.False => [(byte)Kind.False],
        JsonTokenType.True => [(byte)Kind.True],
        JsonTokenType.Number => OfNumber(reader.ValueSpan),
        JsonTokenType.String => OfString(ref reader),
        JsonTokenType.StartArray => [(byte)Kind.Array],
        _ => [(byte)Kind.Object],
    };

    public static byte[] OfString(ReadOnlySpan<byte> utf8) => [(byte)Kind.String, .. utf8];

    /// <summary>What sorting sees of it. Cutting keeps the order.</summary>
    public static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> key) => key.Length > Longest ? key[..Longest] : key;

    /// <summary>The least key above it.</summary>
    public static byte[] Next(ReadOnlySpan<byte> key) => [.. key, 0];

    private static byte[] OfString(ref Utf8JsonReader reader)
    {
        var key = new byte[1 + reader.ValueSpan.Length];
        key[0] = (byte)Kind.String;
        var length = 1 + reader.CopyString(key.AsSpan(1));
        return length == key.Length ? key : key[..length];
    }

    /// <summary>
    /// As 0.d₁d₂… × 10^e with d₁ > 0: the sign, then e, then two digits in each byte, then an end that is less than any
    /// digits. For negative numbers all that is turned over.
    /// </summary>
    private static byte[] OfNumber(ReadOnlySpan<byte> text)
    {
        var isNegative = text[0] == '-';
        var mantissa = isNegative ? text[1..] : text;
        long exponent = 0;
        if (mantissa.IndexOfAny((byte)'e', (byte)'E') is >= 0 and var e)
        {
            exponent = Exponent(mantissa[(e + 1)..]);
            mantissa = mantissa[..e];
        }

        var point = mantissa.IndexOf((byte)'.');
        ReadOnlySpan<byte> digits = point < 0 ? mantissa : [.. mantissa[..point], .. mantissa[(point + 1)..]];
        var zeros = digits.IndexOfAnyExcept((byte)'0');
        if (zeros < 0)
        {
            return [(byte)Kind.Number, (byte)Sign.Zero];
        }

        exponent += (point < 0 ? digits.Length : point) - zeros;
        digits = digits[zeros..].TrimEnd((byte)'0');
        var key = new byte[2 + sizeof(long) + ((digits.Length + 1) / 2) + 1];
        (key[0], key[1]) = ((byte)Kind.Number, (byte)(isNegative ? Sign.Negative : Sign.Positive));
        var size = key.AsSpan(2);
        BinaryPrimitives.WriteInt64BigEndian(size, exponent ^ long.MinValue);
        for (var i = 0; i < digits.Length; i += 2)
        {
            size[sizeof(long) + (i / 2)] = (byte)(1 + ((digits[i] - '0') * 10) + (i + 1 < digits.Length ? digits[i + 1] - '0' : 0));
        }

        if (isNegative)
        {
            foreach (ref var part in size)
            {
                part = (byte)~part;
            }
        }

        return key;
    }

    private static long Exponent(ReadOnlySpan<byte> text)
    {
        var isNegative = text[0] == '-';
        long exponent = 0;
        foreach (var digit in text[0] is (byte)'-' or (byte)'+' ? text[1..] : text)
        {
            exponent = Math.Min((exponent * 10) + (digit - '0'), LargestExponent);
        }

        return isNegative ? -exponent : exponent;
    }
}
