using System.Globalization;
using Microsoft.Net.Http.Headers;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>Who may serve a read, and from what state (protocol.md §7).</summary>
public enum Consistency
{
    Local,
    Leader,
    Linearizable,
}

/// <summary>What a client requires of a read. Requirements add up: an answer meets all of them.</summary>
/// <param name="MaxStaleness">Null: any; the answer says how stale.</param>
/// <param name="MinPosition">Null: none.</param>
/// <param name="OnlyIfCached">Answer from here or not at all (RFC 9111 §5.2.1.7).</param>
public sealed record ReadLevels(
    Consistency Consistency, TimeSpan? MaxStaleness, Position? MinPosition, TimeSpan Timeout, bool OnlyIfCached)
{
    public static readonly IReadOnlyDictionary<string, Consistency> Consistencies = new Dictionary<string, Consistency>
    {
        ["local"] = Consistency.Local,
        ["leader"] = Consistency.Leader,
        ["linearizable"] = Consistency.Linearizable,
    };

    private static readonly TimeSpan LargestStaleness = TimeSpan.FromDays(365);

    /// <summary>Faults stay in <paramref name="query"/>.</summary>
    public static ReadLevels Read(HttpRequest request, QueryReader query, ReadOptions options)
    {
        var consistency = query.OneOf("consistency", Consistencies) ?? Consistency.Local;
        var maxStaleness = query.Milliseconds("maxStaleness", TimeSpan.Zero, LargestStaleness);
        var minPosition = query.Position("minPosition");
        var timeout = query.Milliseconds("timeout", TimeSpan.FromMilliseconds(1), options.LongestTimeLimit);
        var (maxAge, onlyIfCached) = ReadCacheControl(request, query);
        if (maxAge < (maxStaleness ?? TimeSpan.MaxValue))
        {
            maxStaleness = maxAge;
        }

        return new(consistency, maxStaleness, minPosition, timeout ?? options.TimeLimit, onlyIfCached);
    }

    /// <summary>Other directives speak to caches, and this is none (RFC 9111 §5.2.3: what is not known is ignored).</summary>
    private static (TimeSpan? MaxAge, bool OnlyIfCached) ReadCacheControl(HttpRequest request, QueryReader query)
    {
        TimeSpan? maxAge = null;
        var onlyIfCached = false;
        foreach (var directive in request.Headers.GetCommaSeparatedValues(HeaderNames.CacheControl))
        {
            var (name, value) = directive.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at
                ? (directive[..at].Trim(), directive[(at + 1)..].Trim().Trim('"'))
                : (directive.Trim(), "");
            if (name.Equals("only-if-cached", StringComparison.OrdinalIgnoreCase))
            {
                onlyIfCached = true;
            }
            else if (name.Equals("max-age", StringComparison.OrdinalIgnoreCase))
            {
                if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                {
                    query.Refuse(HeaderNames.CacheControl, "max-age is a whole number of seconds.");
                }

                var bound = TimeSpan.FromSeconds(Math.Min(seconds, (long)LargestStaleness.TotalSeconds));
                maxAge = maxAge < bound ? maxAge : bound;
            }
        }

        return (maxAge, onlyIfCached);
    }
}
