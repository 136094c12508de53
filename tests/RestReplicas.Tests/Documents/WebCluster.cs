using RestReplicas.Cluster;
using RestReplicas.Tests.Cluster;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>Whole programs of one cluster in this process. Nodes are stopped and started by name; a name keeps its URLs and its directory.</summary>
internal sealed class WebCluster : IAsyncDisposable
{
    /// <summary>For tests in which one leader is to stay: none is deposed because the machine or its disk is busy for seconds.</summary>
    public static readonly (string Key, string Value)[] Patient =
    [
        ("Replication:QuorumTimeout", "00:00:03"), ("Replication:ElectionSilence", "00:00:04"),
        ("Replication:CampaignLimit", "00:00:03"), ("Replication:SaveLimit", "00:00:30"),
    ];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restreplicas-");
    private readonly Dictionary<string, string> _voters;
    private readonly Dictionary<string, string> _listens;
    private readonly Dictionary<string, WebNode> _nodes = [];
    private readonly (string Key, string Value)[] _settings;

    private WebCluster(int voters, (string Key, string Value)[] settings)
    {
        _voters = TestNode.Voters(voters);
        _listens = _voters.Keys.ToDictionary(name => name, _ => $"http://127.0.0.1:{Ports.Free()}");
        _settings = settings;
    }

    public IReadOnlyCollection<WebNode> Nodes => _nodes.Values;

    public WebNode this[string name] => _nodes[name];

    /// <summary>All of them, with a leader that everybody follows.</summary>
    public static async Task<WebCluster> Start(int voters, params (string Key, string Value)[] settings)
    {
        var cluster = Empty(voters, settings);
        await Task.WhenAll(cluster._voters.Keys.Select(name => cluster.Start(name)));
        await cluster.Leader();
        return cluster;
    }

    /// <summary>None of them yet.</summary>
    public static WebCluster Empty(int voters, params (string Key, string Value)[] settings) => new(voters, settings);

    public async Task<WebNode> Start(string name, params (string Key, string Value)[] settings)
    {
        var node = await WebNode.Start(name, _directory.FullName, _voters, [("Node:PublicListen", _listens[name]), .. _settings, .. settings]);
        lock (_nodes)
        {
            _nodes.Add(name, node);
        }

        return node;
    }

    public Task Stop(params string[] names) => Task.WhenAll(names.Select(name => Take(name).Stop()));

    /// <summary>Without a word to the others.</summary>
    public async Task Kill(string name) => await Take(name).DisposeAsync();

    /// <summary>The one that serves, once all others that run follow it.</summary>
    public async Task<WebNode> Leader()
    {
        WebNode? leader = null;
        await Eventually.Holds(
            () =>
            {
                leader = Nodes.SingleOrDefault(node => node.Node.Status.Leads);
                return leader is not null && Nodes.All(node => node == leader
                    || node.Node.Status is { LeaderElsewhere: { } elsewhere, View.Freshness: not null } && elsewhere == leader.Node.Status.Address);
            },
            TestContext.Current.CancellationToken);
        return leader!;
    }

    public async Task<WebNode> Follower()
    {
        var leader = await Leader();
        return Nodes.First(node => node != leader);
    }

    private WebNode Take(string name)
    {
        lock (_nodes)
        {
            _nodes.Remove(name, out var node);
            return node!;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask()));
        _directory.Delete(recursive: true);
    }
}
