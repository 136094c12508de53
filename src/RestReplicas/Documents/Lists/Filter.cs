using System.Text;
using System.Text.Json;

namespace RestReplicas.Documents.Lists;

/// <summary>What must hold of the value at a path.</summary>
/// <param name="Ranges">It must be in one of them; if <paramref name="Negated"/>, in none.</param>
public sealed record Filter(MemberPath Path, IReadOnlyList<KeyRange> Ranges, bool Negated = false)
{
    public const string Operators = "eq, ne, gt, gte, lt, lte, in, prefix, exists";

    private const int MostValues = 100;

    private const string NotAString = "A value that begins with a double quote is a JSON string: \"1\\u00bd\".";

    public bool Holds(ReadOnlySpan<byte> body)
    {
        var key = ValueKey.Of(body, Path);
        foreach (var range in Ranges)
        {
            if (range.Contains(key))
            {
                return !Negated;
            }
        }

        return Negated;
    }

    /// <summary>
    /// Reads <c>path=value</c> and <c>path[operator]=value</c>. Null, and why, where it is neither.
    /// </summary>
    /// <param name="value">At least one character.</param>
    public static Filter? Parse(string name, string value, out string fault)
    {
        var bracket = FirstBracket(name);
        if (MemberPath.Parse(name.AsSpan(0, bracket), out fault) is not { } path)
        {
            return null;
        }

        switch (name[bracket..])
        {
            case "" or "[eq]":
                return ReadValue(value, out fault) is { } same ? new(path, same) : null;
            case "[ne]":
                return ReadValue(value, out fault) is { } other ? new(path, other, Negated: true) : null;
            case "[in]":
                return ReadValues(value, out fault) is { } any ? new(path, any) : null;
            case "[gt]" or "[gte]" or "[lt]" or "[lte]":
                return ReadValue(value, out fault) is { } bound ? new(path, [Side(name[bracket..], bound[0].From)]) : null;
            case "[prefix]":
                return ReadText(value, out fault) is { } prefix ? new(path, [new(prefix, [.. prefix, byte.MaxValue])]) : null;
            case "[exists]":
                fault = "'exists' is true or false.";
                return value switch
                {
                    "true" => new(path, [new([(byte)ValueKey.Kind.Null], KeyRange.All.To)]),
                    "false" => new(path, [KeyRange.Of([(byte)ValueKey.Kind.Missing])]),
                    _ => null,
                };
            default:
                fault = $"A filter is path=value or path[operator]=value; operators are {Operators}.";
                return null;
        }
    }

    private static int FirstBracket(string name)
    {
        var at = 0;
        while (at < name.Length && name[at] != '[')
        {
            at += name[at] == '\\' ? 2 : 1;
        }

        return Math.Min(at, name.Length);
    }

    /// <summary>On one side of a value, among those of its type.</summary>
    private static KeyRange Side(string relation, byte[] key)
    {
        byte type = (byte)(key[0] & 0xF0), above = (byte)(type + 0x10);
        return relation switch
        {
            "[gt]" => new(ValueKey.Next(key), [above]),
            "[gte]" => new(key, [above]),
            "[lt]" => new([type], key),
            _ => new([type], ValueKey.Next(key)),
        };
    }

    /// <summary>
    /// What reads as a number, true, false or null is that, and the text itself as well; what stands in double quotes is
    /// that string; all else is the text itself.
    /// </summary>
    private static List<KeyRange>? ReadValue(ReadOnlySpan<char> value, out string fault)
    {
        if (ReadText(value, out fault) is not { } text)
        {
            return null;
        }

        return value[0] != '"' && Typed(Encoding.UTF8.GetBytes(value.ToString())) is { } typed
            ? [KeyRange.Of(typed), KeyRange.Of(text)]
            : [KeyRange.Of(text)];
    }

    private static byte[]? ReadText(ReadOnlySpan<char> value, out string fault)
    {
        fault = NotAString;
        var utf8 = Encoding.UTF8.GetBytes(value.ToString());
        return value[0] == '"' ? Typed(utf8) : ValueKey.OfString(utf8);
    }

    private static List<KeyRange>? ReadValues(ReadOnlySpan<char> list, out string fault)
    {
        var ranges = new List<KeyRange>();
        var items = 0;
        for (var left = list; ; left = left[1..])
        {
            var length = ItemLength(left);
            fault = "'in' takes values with commas between them; one that holds a comma, or nothing, stands in double quotes.";
            if (length == 0 || (length < left.Length && left[length] != ','))
            {
                return null;
            }

            if (ReadValue(left[..length], out fault) is not { } item)
            {
                return null;
            }

            ranges.AddRange(item);
            fault = $"'in' takes at most {MostValues} values.";
            if (++items > MostValues)
            {
                return null;
            }

            left = left[length..];
            if (left.IsEmpty)
            {
                return ranges;
            }
        }
    }

    private static int ItemLength(ReadOnlySpan<char> list)
    {
        if (list is not ['"', ..])
        {
            return list.IndexOf(',') is >= 0 and var comma ? comma : list.Length;
        }

        var at = 1;
        while (at < list.Length && list[at] != '"')
        {
            at += list[at] == '\\' ? 2 : 1;
        }

        return Math.Min(at + 1, list.Length);
    }

    /// <summary>Null: it is no JSON text of one scalar, and nothing around it.</summary>
    private static byte[]? Typed(byte[] text)
    {
        try
        {
            var reader = new Utf8JsonReader(text);
            return reader.Read() && reader.TokenStartIndex == 0 && reader.BytesConsumed == text.Length
                && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)
                    ? ValueKey.Of(ref reader)
                    : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
