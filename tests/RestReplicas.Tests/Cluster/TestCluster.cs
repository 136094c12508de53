namespace RestReplicas.Tests.Cluster;

/// <summary>Some nodes of one cluster in this process.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<TestNode> _nodes = [];

    public IReadOnlyList<TestNode> Nodes => _nodes;

    public static async Task<TestCluster> Start(
        int count, string directory, CancellationToken cancellationToken, params (string Key, string? Value)[] settings)
    {
        var cluster = new TestCluster();
        var voters = TestNode.Voters(count);
        foreach (var name in voters.Keys)
        {
            cluster._nodes.Add(await TestNode.Start(name, directory, voters, cancellationToken, settings));
        }

        return cluster;
    }

    /// <summary>The first node to serve as leader; fails the test if none does in time.</summary>
    public async Task<TestNode> Leader(CancellationToken cancellationToken)
    {
        using var found = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waits = _nodes.ConvertAll(async node =>
        {
            await node.Until(status => status.Leads, found.Token);
            return node;
        });
        var leader = await await Task.WhenAny(waits);
        await found.CancelAsync();
        return leader;
    }

    public async Task Stop(TestNode node)
    {
        _nodes.Remove(node);
        await node.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
}
