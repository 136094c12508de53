using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RestReplicas.Tests.Documents.Lists;

/// <summary>The rules of filters and sorting once more, as plainly as they can be said, for documents whose numbers fit in a decimal.</summary>
internal static class NaiveList
{
    public static bool Holds(string document, string path, string relation, string value)
    {
        var found = At(document, path);
        return relation switch
        {
            "eq" => Is(found, value),
            "ne" => !Is(found, value),
            "in" => value.Split(',').Any(item => Is(found, item)),
            "exists" => found.HasValue == (value == "true"),
            "prefix" => found is { ValueKind: JsonValueKind.String } text && text.GetString()!.StartsWith(value, StringComparison.Ordinal),
            "gt" => Relate(found, value) > 0,
            "gte" => Relate(found, value) >= 0,
            "lt" => Relate(found, value) < 0,
            _ => Relate(found, value) <= 0,
        };
    }

    public static int Compare(string document, string other, string path)
    {
        var (a, b) = (At(document, path), At(other, path));
        return Rank(a) != Rank(b) ? Rank(a).CompareTo(Rank(b)) : Compare(a, b);
    }

    private static bool Is(JsonElement? found, string value) =>
        found is { ValueKind: JsonValueKind.String } text && text.GetString() == value || Relate(found, value) == 0;

    /// <summary>Null: they are of different types, and so in no relation.</summary>
    private static int? Relate(JsonElement? found, string value)
    {
        JsonElement literal;
        try
        {
            literal = JsonDocument.Parse(value).RootElement;
        }
        catch (JsonException)
        {
            literal = JsonDocument.Parse(JsonSerializer.Serialize(value)).RootElement;
        }

        return Type(found) == Type(literal) ? Compare(found, literal) : null;
    }

    private static int Compare(JsonElement? a, JsonElement? b) => a?.ValueKind switch
    {
        JsonValueKind.Number => decimal.Parse(a.Value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture)
            .CompareTo(decimal.Parse(b!.Value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture)),
        JsonValueKind.String => Encoding.UTF32.GetBytes(a.Value.GetString()!).Chunk(4).Select(c => BitConverter.ToUInt32(c))
            .Concat([0u]).Zip(Encoding.UTF32.GetBytes(b!.Value.GetString()!).Chunk(4).Select(c => BitConverter.ToUInt32(c)).Concat([0u]))
            .Select(pair => pair.First.CompareTo(pair.Second)).FirstOrDefault(order => order != 0),
        _ => Rank(a).CompareTo(Rank(b)),
    };

    private static JsonElement? At(string document, string path)
    {
        JsonElement? at = JsonDocument.Parse(document).RootElement;
        foreach (var name in path.Split('.'))
        {
            at = at switch
            {
                { ValueKind: JsonValueKind.Object } o => o.TryGetProperty(name, out var member) ? member : null,
                { ValueKind: JsonValueKind.Array } a => int.TryParse(name, out var i) && i < a.GetArrayLength() ? a[i] : null,
                _ => null,
            };
        }

        return at;
    }

    private static int Rank(JsonElement? value) => value?.ValueKind switch
    {
        null => 0,
        JsonValueKind.Null => 1,
        JsonValueKind.False => 2,
        JsonValueKind.True => 3,
        JsonValueKind.Number => 4,
        JsonValueKind.String => 5,
        JsonValueKind.Array => 6,
        _ => 7,
    };

    private static int Type(JsonElement? value) => Rank(value) is var rank && rank == 3 ? 2 : rank;
}
