using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RestReplicas.Peers;
using RestReplicas.Storage;

namespace RestReplicas.Cluster;

/// <summary>What <c>Program</c> needs to know of a node.</summary>
public static class NodeRegistration
{
    /// <summary>
    /// The node as a hosted service with its file, its peers and both listeners. Their settings are read and checked by the
    /// caller.
    /// </summary>
    public static WebApplicationBuilder AddNode(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => DataDirectory.Open(
            provider.GetRequiredService<IOptions<NodeOptions>>().Value.DataDirectory,
            provider.GetRequiredService<IOptions<ClusterOptions>>().Value.Name,
            provider.GetRequiredService<IOptions<StorageOptions>>().Value.CacheBytes));
        services.AddSingleton(provider => new DocumentReader(
            provider.GetRequiredService<DataDirectory>(),
            provider.GetRequiredService<IOptions<StorageOptions>>().Value)
        {
            IndexDamaged = number => provider.GetRequiredService<Node>().ReportIndex(number),
        });
        services.AddSingleton(provider => new SnapshotFiles(
            provider.GetRequiredService<DataDirectory>(),
            provider.GetRequiredService<IOptions<StorageOptions>>().Value,
            provider.GetRequiredService<ILogger<SnapshotFiles>>()));
        services.AddSingleton(provider => new SnapshotFetcher(
            provider.GetRequiredService<PeerClient>(),
            provider.GetRequiredService<DataDirectory>(),
            provider.GetRequiredService<IOptions<StorageOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SnapshotFetcher>>()));
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
}
