namespace RestReplicas.Cluster.Tests;

/// <summary>Elections with and without Redis. It says who may try to lead; what is written does not depend on it.</summary>
[MostlyWaiting]
public sealed class LeaseLossTests : ClusterTest
{
    private static readonly TimeSpan FailoverLimit = TimeSpan.FromSeconds(60);

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
        await cluster.Redis[0].LeaseHeldBy(await cluster.Leader());
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
            await cluster.Redis[1].LeaseHeldBy(leader);
            await cluster.Redis[2].LeaseHeldBy(leader);
            await leader.Kill();
            leader.Start();
            await load.Progresses(FailoverLimit);
            await leader.WaitUntilLive();
        }

        await Accounting.Settle(cluster, await load.Stop());
    }
}
