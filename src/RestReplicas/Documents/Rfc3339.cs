using System.Globalization;

namespace RestReplicas.Documents;

/// <summary>A moment as clients read it: <c>2026-01-31T12:00:00.123Z</c> (RFC 3339).</summary>
public static class Rfc3339
{
    public static string Of(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
