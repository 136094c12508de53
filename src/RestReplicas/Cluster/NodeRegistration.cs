using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RestReplicas.Lease;
using RestReplicas.Peers;
using RestReplicas.Storage;

namespace RestReplicas.Cluster;

/// <summary>What <c>Program</c> needs to know of a node.</summary>
public static class NodeRegistration
{
    /// <summary>
    /// The node as a hosted service with its file, its peers and both listeners, and the settings of all of them. Rules
    /// between sections are the caller's.
    /// </summary>
    public static WebApplicationBuilder AddNode(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        Bind<NodeOptions>(services, NodeOptions.Section);
        Bind<ClusterOptions>(services, ClusterOptions.Section);
        Bind<ReplicationOptions>(services, ReplicationOptions.Section);
        Bind<StorageOptions>(services, StorageOptions.Section);
        Bind<LeaseOptions>(services, "Lease");
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => DataDirectory.Open(
            provider.GetRequiredService<IOptions<NodeOptions>>().Value.DataDirectory,
            provider.GetRequiredService<IOptions<ClusterOptions>>().Value.Name));
        services.AddSingleton(provider => new DocumentReader(
            provider.GetRequiredService<DataDirectory>(),
            provider.GetRequiredService<IOptions<StorageOptions>>().Value));
        services.AddSingleton<PeerClient>();
        services.AddSingleton<PeerDesk>();
        services.AddSingleton<Node>();
        services.AddHostedService(provider => provider.GetRequiredService<Node>());
        builder.WebHost.ConfigureKestrel(kestrel => PeerListener.Bind(
            kestrel,
            kestrel.ApplicationServices.GetRequiredService<IOptions<NodeOptions>>().Value,
            kestrel.ApplicationServices.GetRequiredService<IOptions<ClusterOptions>>().Value));
        return builder;
    }

    private static void Bind<T>(IServiceCollection services, string section)
        where T : class =>
        services.AddOptions<T>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
}
