using Microsoft.Extensions.Options;
using RestReplicas.Cluster;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>
/// What a browser has seen, in a cookie (<c>Sessions:Cookie</c>): <c>7.48213.</c> and the cluster's id, for a host may have
/// served another cluster before, or this one before it was restored. One that is not this cluster's is replaced, never a
/// fault: its user did not write it.
/// </summary>
/// <remarks>
/// A <c>minPosition</c> whose write was lost is answered 409. A browser would send that cookie again for ever, so a cookie
/// asks for less: for a state in which the position is <em>decided</em>, be it that something else came instead. Nothing
/// that its user saw is missing there: that was the position and what is below it in the order of logs (by term, then
/// index), and whatever of that was committed stands before the position in every later log; a node that has applied
/// another term at its index, or a later term anywhere, has applied all that. Only the lost write itself, which one node
/// alone had acknowledged (<c>acks=leader</c>), is in no state any more; <c>/v1/_positions</c> says so.
/// </remarks>
public sealed class SessionCookie(Node node, IOptions<SessionCookieOptions> options)
{
    public const string Name = "replica-position";

    public bool IsOn { get; } = options.Value.Cookie;

    /// <summary>The newest position that the client has seen; null: none, as far as is known.</summary>
    public Position? Read(HttpRequest request)
    {
        if (!IsOn || request.Cookies[Name] is not { } text || text.LastIndexOf('.') is not (>= 0 and var dot))
        {
            return null;
        }

        // A node that knows no cluster yet has nothing of it either, and must not seem to be what the client knows.
        return Position.TryParse(text.AsSpan(0, dot), out var position)
            && Guid.TryParseExact(text.AsSpan(dot + 1), "N", out var cluster)
            && (Cluster is not { } ours || ours.Value == cluster)
                ? position
                : null;
    }

    /// <summary>After a read: what was read is at least what was asked for.</summary>
    /// <returns>Whether there is something new to remember.</returns>
    public bool Read(HttpContext context, Position applied) => Set(context, Read(context.Request), applied);

    /// <summary>After a write. One of a leader that was replaced long ago may be older than what the client has seen.</summary>
    public void Wrote(HttpContext context, Position position)
    {
        var seen = Read(context.Request);
        Set(context, seen, seen > position ? seen.Value : position);
    }

    private ClusterId? Cluster => node.Status.View.Configuration?.Cluster;

    private bool Set(HttpContext context, Position? seen, Position now)
    {
        if (seen == now || Cluster is not { } cluster)
        {
            return false;
        }

        context.Response.Cookies.Append(Name, $"{now}.{cluster}", new()
        {
            Path = "/v1",
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = IsEncrypted(context.Request),
        });
        return true;
    }

    /// <summary>For TLS, something in front speaks it; the client's own connection is the first that is told of.</summary>
    private static bool IsEncrypted(HttpRequest request) =>
        request.IsHttps || request.Headers["X-Forwarded-Proto"].ToString().Split(',')[0].Trim().Equals("https", StringComparison.OrdinalIgnoreCase);
}
