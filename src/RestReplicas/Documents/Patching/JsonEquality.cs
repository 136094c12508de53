using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace RestReplicas.Documents.Patching;

/// <summary>
/// When two JSON values are equal (RFC 6902 §4.6): strings by their characters, arrays in order, objects in any order, and
/// numbers by what they are worth, exactly, however they are spelled: <c>1</c>, <c>1.0</c> and <c>10e-1</c> are one.
/// </summary>
public static class JsonEquality
{
    public static bool AreEqual(JsonValue one, JsonValue other)
    {
        if (one.Kind != other.Kind)
        {
            return false;
        }

        switch (one.Kind)
        {
            case JsonValueKind.Number:
                return Decimal.Read(one.Text.Span).IsEqualTo(Decimal.Read(other.Text.Span));
            case JsonValueKind.String:
                return one.Text.Span.SequenceEqual(other.Text.Span) || one.GetString() == other.GetString();
            case JsonValueKind.Array:
                return one.Members.Count == other.Members.Count
                    && one.Members.Zip(other.Members).All(pair => AreEqual(pair.First.Value, pair.Second.Value));
            case JsonValueKind.Object:
                return AreEqualObjects(one.Members, other.Members);
            default:
                return true; // true, false and null
        }
    }

    private static bool AreEqualObjects(IReadOnlyList<JsonMember> one, IReadOnlyList<JsonMember> other)
    {
        if (one.Count != other.Count)
        {
            return false;
        }

        var values = other.ToDictionary(member => member.Name!, member => member.Value, StringComparer.Ordinal);
        return one.All(member => values.TryGetValue(member.Name!, out var value) && AreEqual(member.Value, value));
    }

    /// <summary>
    /// A number as 0.<em>digits</em> × 10^(shift + exponent), without zeros around the digits: so a number has one such form.
    /// </summary>
    private readonly ref struct Decimal
    {
        private bool IsNegative { get; init; }

        /// <summary>From the first digit that counts to the last; the point may stand among them.</summary>
        private ReadOnlySpan<byte> Digits { get; init; }

        private long Shift { get; init; }

        private bool HasNegativeExponent { get; init; }

        /// <summary>Without zeros before it. As long as the text allows, so it is no number yet.</summary>
        private ReadOnlySpan<byte> Exponent { get; init; }

        public static Decimal Read(ReadOnlySpan<byte> number)
        {
            var isNegative = number[0] == '-';
            var unsigned = isNegative ? number[1..] : number;
            var end = unsigned.IndexOfAny((byte)'e', (byte)'E');
            var mantissa = end < 0 ? unsigned : unsigned[..end];
            var exponent = end < 0 ? default : unsigned[(end + 1)..];
            var first = mantissa.IndexOfAnyInRange((byte)'1', (byte)'9');
            if (first < 0)
            {
                return default; // zero, of any sign and any exponent
            }

            var point = mantissa.IndexOf((byte)'.');
            var whole = point < 0 ? mantissa.Length : point;
            return new()
            {
                IsNegative = isNegative,
                Digits = mantissa[first..(mantissa.LastIndexOfAnyInRange((byte)'1', (byte)'9') + 1)],
                Shift = first < whole ? whole - first : whole + 1 - first,
                HasNegativeExponent = exponent.StartsWith("-"u8),
                Exponent = exponent.TrimStart("+-0"u8),
            };
        }

        public bool IsEqualTo(Decimal other) =>
            IsNegative == other.IsNegative && HasDigitsOf(other) && HasScaleOf(other);

        private bool HasDigitsOf(Decimal other)
        {
            var (i, j) = (0, 0);
            while (true)
            {
                i += i < Digits.Length && Digits[i] == '.' ? 1 : 0;
                j += j < other.Digits.Length && other.Digits[j] == '.' ? 1 : 0;
                if (i == Digits.Length || j == other.Digits.Length)
                {
                    return i == Digits.Length && j == other.Digits.Length;
                }

                if (Digits[i++] != other.Digits[j++])
                {
                    return false;
                }
            }
        }

        private bool HasScaleOf(Decimal other)
        {
            const int FitsLong = 17;
            if (Exponent.Length <= FitsLong && other.Exponent.Length <= FitsLong)
            {
                return Shift + SmallExponent() == other.Shift + other.SmallExponent();
            }

            // One is larger than any shift is: the other must be of its sign and length, or next to that, to be as large.
            return HasNegativeExponent == other.HasNegativeExponent
                && Math.Abs(Exponent.Length - other.Exponent.Length) <= 1
                && Shift + LargeExponent() == other.Shift + other.LargeExponent();
        }

        private long SmallExponent()
        {
            var value = Exponent.IsEmpty ? 0 : long.Parse(Exponent, NumberStyles.None, CultureInfo.InvariantCulture);
            return HasNegativeExponent ? -value : value;
        }

        private BigInteger LargeExponent()
        {
            var value = BigInteger.Parse(System.Text.Encoding.ASCII.GetString(Exponent), NumberStyles.None, CultureInfo.InvariantCulture);
            return HasNegativeExponent ? -value : value;
        }
    }
}
