using System.Net;
using System.Net.Http.Headers;

namespace RestReplicas.Cluster.Tests;

/// <summary>Nodes that were given different settings do no harm, and say what is wrong.</summary>
public sealed class DisagreementTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_with_another_secret_takes_no_part_until_it_has_the_right_one()
    {
        var cluster = await StartCluster(new() { Patient = true, Settings = { ["Cluster__Secret"] = "the one that all nodes know" } });
        var node = (await cluster.Followers())[0];
        await node.Kill();
        node.Settings["Cluster__Secret"] = "another one, of another cluster";
        node.Start();
        await node.WaitUntilLive();

        var leader = await cluster.Leader();
        await Says(leader, "secret");
        await Says(node, "secret");
        Assert.False(await node.Is("/health/ready"));
        Assert.Equal(HttpStatusCode.Created, await Write(leader));

        await node.Kill();
        node.Settings["Cluster__Secret"] = "the one that all nodes know";
        node.Start();
        await cluster.AllReady();
    }

    [Fact]
    public async Task Nodes_that_disagree_about_the_voters_found_nothing_and_say_why()
    {
        var cluster = PrepareCluster(new() { Patient = true });
        var odd = cluster.Nodes[2];
        odd.Settings.Remove("Cluster__Voters__n2", out var removed);
        await cluster.Redis[0].Start();
        foreach (var node in cluster.Nodes)
        {
            node.Start();
        }

        await Task.WhenAll(cluster.Nodes.Select(n => n.WaitUntilLive()));
        await Says(cluster.Nodes[0], "was configured with other voters");
        await Says(cluster.Nodes[1], "was configured with other voters");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Write(cluster.Nodes[0]));

        await odd.Kill();
        odd.Settings["Cluster__Voters__n2"] = removed;
        odd.Start();
        await odd.WaitUntilLive();
        Assert.Equal(HttpStatusCode.Created, await Write(await cluster.Leader()));
    }

    /// <summary>In its account of itself, where an operator looks first.</summary>
    private static async Task Says(ReplicaProcess node, string words)
    {
        var text = "";
        await Eventually.Holds(
            async () => (text = await node.Http.GetStringAsync(new Uri("/cluster", UriKind.Relative), Stop)).Contains(words, StringComparison.OrdinalIgnoreCase),
            Limit,
            () => $"{node.Name} says '{words}': {text}");
    }

    private static async Task<HttpStatusCode> Write(ReplicaProcess node)
    {
        using var body = new StringContent("{}", new MediaTypeHeaderValue("application/json"));
        using var answer = await node.Http.PutAsync("/v1/things/one", body, Stop);
        return answer.StatusCode;
    }
}
