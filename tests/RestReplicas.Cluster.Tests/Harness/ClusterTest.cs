namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>A test with clusters of its own, which end with it; if it failed, with the ends of their logs.</summary>
public abstract class ClusterTest : IAsyncLifetime
{
    private readonly List<TestCluster> _clusters = [];

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        var show = TestContext.Current.TestState?.Result == TestResult.Failed;
        foreach (var cluster in _clusters)
        {
            await cluster.End(show);
        }
    }

    /// <summary>Ready for changes of its nodes' settings; nothing runs yet.</summary>
    private protected TestCluster PrepareCluster(ClusterShape? shape = null)
    {
        var cluster = new TestCluster(shape ?? new());
        _clusters.Add(cluster);
        return cluster;
    }

    /// <summary>All running, with a leader, and every node up to date.</summary>
    private protected async Task<TestCluster> StartCluster(ClusterShape? shape = null)
    {
        var cluster = PrepareCluster(shape);
        await cluster.Start();
        return cluster;
    }
}
