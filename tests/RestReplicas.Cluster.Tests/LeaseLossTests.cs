namespace RestReplicas.Cluster.Tests;

/// <summary>Redis that dies, forgets and freezes. It says who may try to lead; what is written does not depend on it.</summary>
[Collection(TimeLimits.Name)]
public sealed class LeaseLossTests : ClusterTest
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(30);

    /// <summary>Longer than the lease lives.</summary>
    private static readonly TimeSpan Freeze = TimeSpan.FromSeconds(7);

    private static readonly TimeSpan RetakeLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FailoverLimit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task While_the_leader_is_healthy_no_write_fails_whatever_Redis_does()
    {
        var cluster = await StartCluster(new() { Patient = true });
        var redis = cluster.Redis[0];
        var leader = await cluster.Leader();
        await using var load = new Workload(4, cluster.Nodes.Select(n => n.Url));
        await load.Progresses(FailoverLimit);

        await redis.Ask("FLUSHALL");
        await HeldBy(leader, redis);

        redis.Process.Freeze();
        await Eventually.Lasts(Freeze);
        redis.Process.Thaw();
        await HeldBy(leader, redis);

        await redis.Process.Kill();
        await Eventually.Lasts(Outage);
        Assert.Contains("\"lease\":\"failsafe\"", await leader.Http.GetStringAsync(new Uri("/cluster", UriKind.Relative), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await redis.Start(); // empty
        await HeldBy(leader, redis);
        await load.Progresses(FailoverLimit);

        var attempts = await load.Stop();
        Assert.All(attempts, a => Assert.Equal(Verdict.Acknowledged, a.Verdict));
        Assert.True(await leader.Leads(), "another node leads now");
        await Accounting.Settle(cluster, attempts);
    }

    [Fact]
    public async Task When_Redis_and_the_leader_die_together_writes_go_on_without_a_lease()
    {
        var cluster = await StartCluster();
        await using var load = new Workload(4, cluster.Nodes.Select(n => n.Url));
        await load.Progresses(FailoverLimit);
        var leader = await cluster.Leader();
        await Task.WhenAll(cluster.Redis[0].Process.Kill(), leader.Kill());
        await load.Progresses(FailoverLimit);

        leader.Start();
        await cluster.Redis[0].Start();
        await leader.WaitUntilLive();
        await HeldBy(await cluster.Leader(), cluster.Redis[0]);
        await Accounting.Settle(cluster, await load.Stop());
    }

    [Fact]
    public async Task A_majority_of_three_Redis_servers_is_enough_for_elections()
    {
        var cluster = PrepareCluster(new() { RedisServers = 3 });
        await cluster.Start(cluster.Redis.Skip(1)); // nobody listens where the first should be
        await using var load = new Workload(2, cluster.Nodes.Select(n => n.Url));
        for (var round = 0; round < 2; round++)
        {
            await load.Progresses(FailoverLimit);
            var leader = await cluster.Leader();
            await HeldBy(leader, cluster.Redis[1]);
            await HeldBy(leader, cluster.Redis[2]);
            await leader.Kill();
            leader.Start();
            await load.Progresses(FailoverLimit);
            await leader.WaitUntilLive();
        }

        await Accounting.Settle(cluster, await load.Stop());
    }

    /// <summary>The value of the lease names its holder.</summary>
    private static async Task HeldBy(ReplicaProcess node, RedisProcess redis)
    {
        var value = "";
        await Eventually.Holds(
            async () => (value = await redis.Ask("GET restreplicas:lease")).Contains(node.Name, StringComparison.Ordinal),
            RetakeLimit,
            () => $"{node.Name} holds the lease on {redis.Address}: {value}");
    }
}
