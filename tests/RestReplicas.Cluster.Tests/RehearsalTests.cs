namespace RestReplicas.Cluster.Tests;

/// <summary>A node that has started plays a failover through, by itself and beside its work.</summary>
public sealed class RehearsalTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task A_rehearsal_comes_to_its_end_and_nothing_of_it_is_in_the_log()
    {
        var cluster = PrepareCluster(new() { Replicas = 1, Settings = { ["Node__Rehearse"] = "true" } });
        var node = cluster.Nodes[0];
        var stage = Path.Combine(node.Settings["Node__DataDirectory"]!, "rehearsal");
        var starting = cluster.Start();
        await Eventually.Holds(() => Directory.Exists(stage), Limit, () => "a rehearsal has begun");
        await Eventually.Holds(() => !Directory.Exists(stage), Limit, () => "the rehearsal has ended");
        await starting;
        var saying = node.Process.Output.Where(line => line.Contains("serves as leader", StringComparison.Ordinal));
        Assert.Contains("n1 serves", Assert.Single(saying), StringComparison.Ordinal);
        Assert.DoesNotContain(node.Process.Output, line => line.Contains("rehearsal", StringComparison.Ordinal)); // that it broke off
    }
}
