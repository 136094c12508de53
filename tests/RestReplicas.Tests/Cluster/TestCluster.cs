namespace RestReplicas.Tests.Cluster;

/// <summary>Some nodes of one cluster in this process.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<TestNode> _nodes = [];
    private readonly string _directory;
    private readonly Dictionary<string, string> _voters;
    private readonly (string Key, string? Value)[] _settings;

    private TestCluster(string directory, Dictionary<string, string> voters, (string Key, string? Value)[] settings) =>
        (_directory, _voters, _settings) = (directory, voters, settings);

    public IReadOnlyList<TestNode> Nodes => _nodes;

    public static async Task<TestCluster> Start(
        int count, string directory, CancellationToken cancellationToken, params (string Key, string? Value)[] settings)
    {
        var cluster = new TestCluster(directory, TestNode.Voters(count), settings);
        foreach (var name in cluster._voters.Keys)
        {
            await cluster.Start(name, cancellationToken);
        }

        return cluster;
    }

    public async Task<TestNode> Start(string name, CancellationToken cancellationToken, params (string Key, string? Value)[] settings)
    {
        var node = await TestNode.Start(name, _directory, _voters, cancellationToken, [.. _settings, .. settings]);
        _nodes.Add(node);
        return node;
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

    /// <summary>A leader that every other node has answered: what it may do with them rests on that, and it serves before.</summary>
    public async Task<TestNode> LeaderOfAll(CancellationToken cancellationToken)
    {
        var leader = await Leader(cancellationToken);
        await leader.Until(
            s => s.View.Followers.Count == _nodes.Count - 1 && s.View.Followers.All(f => f.LastAnswerAgo is not null), cancellationToken);
        return leader;
    }

    public async Task Stop(TestNode node)
    {
        _nodes.Remove(node);
        await node.Stop();
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
}
