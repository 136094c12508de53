using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using RestReplicas.Documents;

namespace RestReplicas;

/// <summary>What holds for every route.</summary>
public static class Policies
{
    /// <summary>A page of another origin asks, or its browser asks for it first (Fetch §3.2).</summary>
    public static bool IsOfAnotherOrigin(HttpContext context) => context.Request.Headers.Origin.Count > 0;

    /// <summary>No service here lives for a request only, so requests share the application's and have no scope of their own.</summary>
    public static WebApplication UseSharedServices(this WebApplication app)
    {
        var shared = new SharedServices(app.Services);
        app.Use((context, next) =>
        {
            context.Features.Set<IServiceProvidersFeature>(shared);
            return next(context);
        });
        return app;
    }

    public static WebApplicationBuilder AddCommonPolicies(this WebApplicationBuilder builder)
    {
        // A browser that is redirected asks the leader for permission, so every node gives the same: any origin, no
        // credentials (RFC 9110 redirects and Fetch: a preflight is never redirected).
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .AllowAnyOrigin()
            .AllowAnyHeader()
            .AllowAnyMethod()
            .WithExposedHeaders(
            [
                .. ReplicaHeaders.All, "ETag", "Location", "Link", "Last-Modified", "Age", "Retry-After", "Idempotency-Replayed",
                "Preference-Applied", "Server-Timing", "Content-Disposition", "Accept-Encoding", "Accept-Patch", "Allow", "Vary", "Via",
            ])
            .SetPreflightMaxAge(TimeSpan.FromHours(1))));

        builder.Services.Configure<SocketTransportOptions>(sockets =>
        {
            // No request runs for long on the thread that read it, and a hop to another one costs as much as a read.
            sockets.UnsafePreferInlineScheduling = true;

            // One call for what is there, instead of one that says that something is; 4 KiB more for an idle connection.
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestHeaderCount = 64;
            kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
            kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        });

        // A node that cannot start says why in one sentence, on its own; these would add a stack trace.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.None);

        // It logs nothing that is not logged here; while it could, every request gets an activity and a scope for its log.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        return builder;
    }

    private sealed class SharedServices(IServiceProvider services) : IServiceProvidersFeature
    {
        public IServiceProvider RequestServices
        {
            get => services;
            set => throw new NotSupportedException();
        }
    }
}
