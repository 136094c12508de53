using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RestReplicas.Documents.Lists;

/// <summary>
/// Where a value is in a document: names of members with dots between them, <c>customer.country</c>. In an array a name
/// that is a whole number is the element of that number, from 0. A backslash takes the character after it as it is:
/// <c>a\.b</c> is one name.
/// </summary>
public sealed class MemberPath : IEquatable<MemberPath>
{
    /// <summary>Characters, backslashes included.</summary>
    public const int Longest = 256;

    private const string Special = @"\.[],-";

    private MemberPath(IReadOnlyList<string> names)
    {
        Names = names;
        Text = string.Join('.', names.Select(Escape));
        _steps = [.. names.Select(name => new Step(Encoding.UTF8.GetBytes(name), IndexOf(name)))];
    }

    private readonly Step[] _steps;

    public IReadOnlyList<string> Names { get; }

    /// <summary>The one spelling that this path has here.</summary>
    public string Text { get; }

    /// <summary>Null, and why, where it is none.</summary>
    public static MemberPath? Parse(ReadOnlySpan<char> text, out string fault)
    {
        fault = $"A path has at most {Longest} characters.";
        if (text.Length > Longest)
        {
            return null;
        }

        var names = new List<string>();
        var name = new StringBuilder();
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || text[i] == '.')
            {
                fault = @"A path is names of members with dots between them: customer.country; a dot inside a name is written \. there.";
                if (name.Length == 0)
                {
                    return null;
                }

                names.Add(name.ToString());
                name.Clear();
                continue;
            }

            var escaped = text[i] == '\\';
            fault = @"A backslash takes the next character as it is, and a bracket in a name needs one: \[. No control characters.";
            if ((escaped && ++i == text.Length) || (!escaped && text[i] is '[' or ']') || char.IsControl(text[i]))
            {
                return null;
            }

            name.Append(text[i]);
        }

        return new(names);
    }

    /// <summary>Moves a reader that has read nothing to the first token of the value. False: there is none.</summary>
    public bool Find(ref Utf8JsonReader reader)
    {
        reader.Read();
        foreach (var step in _steps)
        {
            if (!Enter(ref reader, step))
            {
                return false;
            }
        }

        return true;
    }

    public bool Equals(MemberPath? other) => other is not null && Text == other.Text;

    public override bool Equals(object? obj) => Equals(obj as MemberPath);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    private static bool Enter(ref Utf8JsonReader reader, Step step)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var found = reader.ValueTextEquals(step.Name);
                    reader.Read();
                    if (found)
                    {
                        return true;
                    }

                    reader.Skip();
                }

                return false;
            case JsonTokenType.StartArray when step.Index is { } index:
                for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                {
                    if (i == index)
                    {
                        return true;
                    }

                    reader.Skip();
                }

                return false;
            default:
                return false;
        }
    }

    /// <summary>As an array's element it has one spelling, without leading zeros.</summary>
    internal static int? IndexOf(string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
        && index.ToString(CultureInfo.InvariantCulture) == name
            ? index
            : null;

    private static string Escape(string name) =>
        string.Concat(name.Select(c => Special.Contains(c, StringComparison.Ordinal) ? $"\\{c}" : c.ToString()));

    private readonly record struct Step(byte[] Name, int? Index);
}
