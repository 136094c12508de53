using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Documents;

namespace RestReplicas.Cluster;

/// <summary>
/// What load balancers ask, several times a second: they look at the status in memory and at nothing else, so they never
/// queue behind data. Plain endpoints for the methods that proxies use; 200 or 503.
/// </summary>
public static class HealthEndpoints
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Options];

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").WithTags("Health");

        health.MapMethods("/live", Methods, (HttpContext context) => Answer(context, () => null)).WithMetadata(HealthNotes.Live);
        health.MapMethods("/ready", Methods, (HttpContext context, Node node) => Answer(context, () => Unready(node.Status)))
            .WithMetadata(HealthNotes.Ready);
        health.MapMethods(
            "/leader",
            Methods,
            (HttpContext context, Node node, IOptions<ReplicationOptions> options) => Answer(context, () => NotLeading(node, options.Value)))
            .WithMetadata(HealthNotes.Leader);
        health.MapMethods("/follower", Methods, Follower).WithMetadata(HealthNotes.Follower);
    }

    private static Results<Ok<HealthBody>, Problem> Follower(HttpContext context, Node node)
    {
        var query = new QueryReader(context.Request);
        var bound = query.Milliseconds("maxStaleness", TimeSpan.Zero, TimeSpan.FromDays(365));
        return (query.Finish() ?? NotFollowing(node, bound)) is { } problem ? problem : Fine(context);
    }

    private static Results<Ok<HealthBody>, Problem> Answer(HttpContext context, Func<string?> whyNot) =>
        new QueryReader(context.Request).Finish() is { } fault ? fault
        : whyNot() is { } reason ? Unfit(reason)
        : Fine(context);

    private static Ok<HealthBody> Fine(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new HealthBody("ok"));
    }

    private static Problem Unfit(string reason) => new("not-ready", StatusCodes.Status503ServiceUnavailable, "Not this node, now.", reason) { RetryAfter = 1 };

    /// <summary>A staleness bound exists once this process has applied all that its leader had committed at some moment.</summary>
    private static string? Unready(NodeStatus status) =>
        status.Draining ? "It is stopping."
        : status.Damage is not null ? "Its state is damaged, and waits to be replaced by another node's."
        : status.View.Freshness is null ? "It has not caught up with a leader yet."
        : null;

    private static string? NotLeading(Node node, ReplicationOptions options)
    {
        var status = node.Status;
        return !status.Leads ? "It does not lead, or does not serve yet."
            : status.Draining ? "It is stopping."
            : !(status.View.Freshness?.Staleness(node.Now) < options.QuorumTimeout) ? "No majority has confirmed lately that it leads."
            : null;
    }

    private static Problem? NotFollowing(Node node, TimeSpan? bound)
    {
        var status = node.Status;
        var reason = status.View.Role == Protocol.Role.Leader ? "It leads."
            : Unready(status) is { } unready ? unready
            : bound is not null && !(status.View.Freshness?.Staleness(node.Now) <= bound) ? "It is staler than that."
            : null;
        return reason is null ? null : Unfit(reason);
    }
}

/// <param name="Status"><c>ok</c>.</param>
public sealed record HealthBody(string Status);
