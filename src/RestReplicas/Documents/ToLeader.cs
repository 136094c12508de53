using System.Reflection;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using RestReplicas.Cluster;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>Sends a request that only the leader can answer to the leader.</summary>
public sealed class ToLeader(Node node, Relay relay, IOptions<WriteOptions> options)
{
    /// <summary>Whether a client is shown the way, or its request is relayed.</summary>
    public bool Redirects(HttpRequest request) =>
        options.Value.OnFollower == OnFollower.Redirect && request.Headers.Authorization.Count == 0;

    /// <summary>Null: it was not sent, for the leader cannot be reached from here.</summary>
    /// <param name="body">Of a write, as it was read.</param>
    public async ValueTask<LeaderAnswer?> Send(HttpContext context, NodeAddress leader, ReadOnlyMemory<byte> body, TimeSpan limit)
    {
        var url = leader.PublicUrl.TrimEnd('/') + Target(context);
        if (Redirects(context.Request))
        {
            return new LeaderAnswer.Redirected(url);
        }

        return await relay.Send(context, url, body, limit) switch
        {
            RelayResult.Answered answered => new LeaderAnswer.Relayed(answered.Response, node.Status.Name.Value),
            RelayResult.NotSent => null,
            _ when Relay.IsRead(context.Request) => new LeaderAnswer.Broken(Problems.NoLeader("The leader broke off while it answered.")),
            _ => new LeaderAnswer.Broken(Problems.OutcomeUnknown(null, "The write was passed on to the leader, which broke off before it answered.")),
        };
    }

    /// <summary>Path and query exactly as they came.</summary>
    private static string Target(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return target.StartsWith('/') ? target : new Uri(target).PathAndQuery; // absolute form, as proxies are asked
    }
}

/// <summary>The leader's answer, or the way to it. A closed set.</summary>
public abstract record LeaderAnswer : IResult, IEndpointMetadataProvider
{
    /// <summary>307, so that method and body survive; never remembered, because leaders change.</summary>
    public sealed record Redirected(string Url) : LeaderAnswer
    {
        public override Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
            httpContext.Response.Headers.Location = Url;
            httpContext.Response.Headers.CacheControl = "no-store";
            return Task.CompletedTask;
        }
    }

    public sealed record Relayed(HttpResponseMessage Response, string Via) : LeaderAnswer
    {
        public override Task ExecuteAsync(HttpContext httpContext) => Relay.Pass(Response, httpContext, Via);
    }

    public sealed record Broken(Problem Problem) : LeaderAnswer
    {
        public override Task ExecuteAsync(HttpContext httpContext) => Problem.ExecuteAsync(httpContext);
    }

    public abstract Task ExecuteAsync(HttpContext httpContext);

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status307TemporaryRedirect));
}
