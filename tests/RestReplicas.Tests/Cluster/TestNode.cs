using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RestReplicas.Cluster;
using RestReplicas.Documents;
using RestReplicas.Peers;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;

namespace RestReplicas.Tests.Cluster;

/// <summary>A whole node in this process: real SQLite, real HTTP on free ports of 127.0.0.1, no Redis.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    /// <summary>
    /// For clusters of several nodes: a machine that is busy for seconds deposes no healthy leader and ends no campaign. In
    /// return, the first election may take some.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> Patient = new Dictionary<string, string>
    {
        ["Replication:QuorumTimeout"] = "00:00:03",
        ["Replication:ElectionSilence"] = "00:00:04",
        ["Replication:CampaignLimit"] = "00:00:03",
        ["Replication:SaveLimit"] = "00:00:30",
    };

    private readonly WebApplication _app;

    private TestNode(WebApplication app) => _app = app;

    public Node Node => _app.Services.GetRequiredService<Node>();

    public DocumentReader Reader => _app.Services.GetRequiredService<DocumentReader>();

    public SnapshotFiles Snapshots => _app.Services.GetRequiredService<SnapshotFiles>();

    public PeerClient Peers => _app.Services.GetRequiredService<PeerClient>();

    public NodeStatus Status => Node.Status;

    public static async Task<TestNode> Start(
        string name, string directory, IReadOnlyDictionary<string, string> voters, CancellationToken cancellationToken, params (string Key, string? Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Node:Name"] = name,
            ["Node:PublicUrl"] = $"http://127.0.0.1:{Ports.Free()}",
            ["Node:PeerUrl"] = voters.GetValueOrDefault(name) ?? $"http://127.0.0.1:{Ports.Free()}",
            ["Node:DataDirectory"] = Path.Combine(directory, name),
        });
        builder.Configuration.AddInMemoryCollection(Timing(voters)!);
        builder.Configuration.AddInMemoryCollection(voters.Select(v => KeyValuePair.Create($"Cluster:Voters:{v.Key}", (string?)v.Value)));
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value)));
        builder.Logging.ClearProviders();
        builder.AddSettings();
        builder.AddNode();
        var app = builder.Build();
        app.UsePeers();
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new(app);
    }

    public static Dictionary<string, string> Voters(int count) =>
        Enumerable.Range(1, count).ToDictionary(i => $"n{i}", _ => $"http://127.0.0.1:{Ports.Free()}");

    /// <summary>A single voter is not deposed by silence, and need not wait long to stand.</summary>
    public static IReadOnlyDictionary<string, string> Timing(IReadOnlyDictionary<string, string> voters) =>
        voters.Count > 1 ? Patient : new Dictionary<string, string>();

    public static Command Put(string id, string json) =>
        new(null, [new Change.Put("things", id, null, Encoding.UTF8.GetBytes(json))]);

    public string? Body(string id) =>
        Reader.Get("things", id).Document is { } document ? Encoding.UTF8.GetString(document.Body) : null;

    /// <summary>Fails the test where the condition is not met in time.</summary>
    public async Task<NodeStatus> Until(Func<NodeStatus, bool> condition, CancellationToken cancellationToken)
    {
        var status = await Node.WaitForStatus(condition, TimeSpan.FromSeconds(60), cancellationToken);
        Assert.True(condition(status), $"60 s have passed: {status}");
        return status;
    }

    /// <summary>As an operator stops it: a leader first hands over.</summary>
    public async Task Stop()
    {
        await _app.StopAsync(CancellationToken.None);
        await DisposeAsync();
    }

    /// <summary>At once: nobody is handed what others, which end too, would not take.</summary>
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
