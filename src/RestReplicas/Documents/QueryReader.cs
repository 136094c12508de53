using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.WebUtilities;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>
/// Reads a query string against the parameters that a route knows. Levels are requirements, so whatever is not
/// understood is refused, never taken for a default; the first fault is kept.
/// </summary>
public sealed class QueryReader(HttpRequest request)
{
    private static readonly List<KeyValuePair<string, string>> Nothing = [];

    private readonly List<string> _known = [];
    private readonly List<KeyValuePair<string, string>> _given = Parse(request.QueryString);

    public Problem? Fault { get; private set; } = CheckEncoding(request.QueryString.Value);

    /// <summary>The parameter's one value; null: it is not there.</summary>
    public string? Text(string name)
    {
        if (_given.Count == 0)
        {
            return null;
        }

        _known.Add(name);
        string? value = null;
        foreach (var given in _given)
        {
            if (given.Key != name)
            {
                continue;
            }

            if (value is not null)
            {
                Refuse(name, $"'{name}' is given more than once.");
            }

            value = given.Value;
        }

        if (value is "")
        {
            Refuse(name, $"'{name}' has no value.");
        }

        return value is "" ? null : value;
    }

    /// <summary>Every parameter that was not asked for so far, with its one value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Rest() =>
    [
        .. from name in _given.Select(given => given.Key).Except(_known).ToList()
           let value = Text(name)
           where value is not null
           select KeyValuePair.Create(name, value)
    ];

    public T? OneOf<T>(string name, IReadOnlyDictionary<string, T> values)
        where T : struct
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (values.TryGetValue(text, out var value))
        {
            return value;
        }

        Refuse(name, $"'{name}' is one of: {string.Join(", ", values.Keys)}.");
        return null;
    }

    public long? Number(string name, long least, long most, string unit)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (!text.EndsWith('\0') // which TryParse takes for nothing
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
        {
            return value;
        }

        Refuse(name, $"'{name}' is a whole number of {unit}, from {least} to {most}.");
        return null;
    }

    public TimeSpan? Milliseconds(string name, TimeSpan least, TimeSpan most) =>
        Number(name, (long)least.TotalMilliseconds, (long)most.TotalMilliseconds, "milliseconds") is { } value
            ? TimeSpan.FromMilliseconds(value)
            : null;

    public Position? Position(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (Protocol.Position.TryParse(text, out var position))
        {
            return position;
        }

        Refuse(name, $"'{name}' is a position as answers give it, term.index: 7.48213.");
        return null;
    }

    public void Refuse(string name, string detail) => Fault ??= Problems.InvalidRequest(name, detail);

    /// <summary>To be called last: the first fault of all, names that nobody asked for included.</summary>
    public Problem? Finish()
    {
        foreach (var (name, _) in _given)
        {
            if (!_known.Contains(name))
            {
                Refuse(
                    name,
                    _known.Count == 0
                        ? "This route takes no parameters."
                        : $"This route takes no such parameter, but: {string.Join(", ", _known.Order(StringComparer.Ordinal))}.");
            }
        }

        return Fault;
    }

    /// <summary>What encodes nothing the framework takes for itself: another value than the one that was meant.</summary>
    private static Problem? CheckEncoding(string? query)
    {
        for (var at = query?.IndexOf('%', StringComparison.Ordinal) ?? -1; at >= 0; at = query!.IndexOf('%', at + 1))
        {
            if (at + 2 >= query!.Length || !char.IsAsciiHexDigit(query[at + 1]) || !char.IsAsciiHexDigit(query[at + 2]))
            {
                return Malformed();
            }
        }

        return query is not null && query.Contains('%', StringComparison.Ordinal)
            && !Utf8.IsValid(WebUtility.UrlDecodeToBytes(Encoding.UTF8.GetBytes(query), 0, Encoding.UTF8.GetByteCount(query)))
                ? Malformed()
                : null;

        static Problem Malformed() => Problems.InvalidRequest(
            "query", "It is not percent-encoded UTF-8 (RFC 3986 §2.5): after each % come two hexadecimal digits, and % itself is %25.");
    }

    /// <summary>By ourselves: the framework's own collection takes names that differ in case for the same.</summary>
    private static List<KeyValuePair<string, string>> Parse(QueryString query)
    {
        if (!query.HasValue)
        {
            return Nothing;
        }

        var given = new List<KeyValuePair<string, string>>();
        foreach (var pair in new QueryStringEnumerable(query.Value))
        {
            given.Add(new(pair.DecodeName().ToString(), pair.DecodeValue().ToString()));
        }

        return given;
    }
}
