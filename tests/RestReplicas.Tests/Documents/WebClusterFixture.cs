using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>Three nodes that stay up, for tests that leave them alone.</summary>
public sealed class WebClusterFixture : IAsyncLifetime
{
    internal WebCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await WebCluster.Start(3);

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}

/// <summary>Tests that start several nodes measure time, so they take turns.</summary>
[CollectionDefinition(Name)]
public sealed class WebClusters
{
    public const string Name = "web clusters";
}
