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
    private readonly WebApplication _app;

    private TestNode(WebApplication app) => _app = app;

    public Node Node => _app.Services.GetRequiredService<Node>();

    public DocumentReader Reader => _app.Services.GetRequiredService<DocumentReader>();

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

    public static Command Put(string id, string json) =>
        new(null, [new Change.Put("things", id, null, Encoding.UTF8.GetBytes(json))]);

    public string? Body(string id) =>
        Reader.Get("things", id).Document is { } document ? Encoding.UTF8.GetString(document.Body) : null;

    /// <summary>Fails the test where the condition is not met in time.</summary>
    public async Task<NodeStatus> Until(Func<NodeStatus, bool> condition, CancellationToken cancellationToken)
    {
        var status = await Node.WaitForStatus(condition, TimeSpan.FromSeconds(20), cancellationToken);
        Assert.True(condition(status), $"20 s have passed: {status}");
        return status;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
