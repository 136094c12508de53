using System.Diagnostics;
using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests;

/// <summary>Upgrades: every node is restarted, one after the other, and nobody notices.</summary>
[Collection(TimeLimits.Name)]
public sealed class RollingRestartTests : ClusterTest
{
    private const int Clients = 4;
    private const string Collection = "rolling";
    private static readonly TimeSpan NodeLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Before the first restart, between two, and after the last: that there is load at all.</summary>
    private const int Some = 10;

    [Fact]
    public async Task A_rolling_restart_fails_not_one_request_of_clients_that_follow_redirects()
    {
        var cluster = await StartCluster(new() { Patient = true });
        var clients = Enumerable.Range(1, Clients)
            .Select(i => new SwitchingClient($"c{i}", [.. cluster.Nodes.Select(n => new Uri(n.Url))], Collection))
            .ToList();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = Task.WhenAll(clients.Select(c => Task.Run(() => c.Run(Pause, stop.Token))));
        foreach (var node in cluster.Nodes)
        {
            await Progress(clients);
            var watch = Stopwatch.StartNew();
            var led = await node.Leads();
            node.Process.Signal(Posix.SigTerm);
            Assert.Equal(0, await node.Process.WaitForExit(NodeLimit));
            await Progress(clients);
            node.Start();
            await node.WaitUntilLive();
            await cluster.AllReady();
            TestContext.Current.TestOutputHelper?.WriteLine($"{node.Name}{(led ? ", the leader," : "")} was back after {watch.Elapsed.TotalSeconds:F1} s.");
        }

        await Progress(clients);
        await stop.CancelAsync();
        await running;
        var written = clients.SelectMany(c => c.Written).ToDictionary();
        TestContext.Current.TestOutputHelper?.WriteLine($"{written.Count} writes, {clients.Sum(c => c.Reads)} reads.");
        Assert.Empty(clients.SelectMany(c => c.Failures));
        foreach (var content in await NodeContent.OfAll(cluster.Targets, Collection))
        {
            Assert.True(content.Remove(NodeContent.Last), "the write after the load was lost");
            Assert.Equal(written, content.ToDictionary(c => c.Key, c => c.Value.Body));
        }

        clients.ForEach(c => c.Dispose());
    }

    [Fact]
    public async Task A_node_that_is_asked_to_stop_while_it_starts_ends_without_a_complaint()
    {
        var cluster = PrepareCluster(new() { Replicas = 1, RedisServers = 0 });
        var node = cluster.Nodes[0];
        node.Start();
        await node.Process.WaitForLine("n1 starts", NodeLimit); // its listeners are not bound yet
        node.Process.Signal(Posix.SigTerm);
        Assert.Equal(0, await node.Process.WaitForExit(NodeLimit));
        Assert.DoesNotContain(node.Process.Output, line => line.Contains("exception", StringComparison.OrdinalIgnoreCase));
    }

    private static Task Progress(List<SwitchingClient> clients)
    {
        var before = clients.ConvertAll(c => c.Written.Count);
        return Eventually.Holds(
            () => clients.Zip(before).All(c => c.First.Written.Count >= c.Second + Some),
            NodeLimit,
            () => $"every client writes; failures: {string.Join("; ", clients.SelectMany(c => c.Failures).Take(3))}");
    }
}
