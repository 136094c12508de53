namespace RestReplicas.Cluster.Tests;

/// <summary>Networks that split, under load; what was held up arrives late, when they heal.</summary>
[Collection(TimeLimits.Name)]
public sealed class PartitionTests : ClusterTest
{
    private static readonly TimeSpan FailoverLimit = TimeSpan.FromSeconds(60);

    /// <summary>Longer than a write waits.</summary>
    private static readonly TimeSpan Split = TimeSpan.FromSeconds(6);

    /// <summary>Longer than a patient follower's: it would like to lead.</summary>
    private static readonly TimeSpan LongSilence = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_leader_cut_off_from_its_followers_acknowledges_nothing_and_the_others_go_on()
    {
        var cluster = await StartCluster(new() { Relayed = true });
        await using var load = new Workload(4, cluster.Nodes.Select(n => n.Url), patience: TimeSpan.FromSeconds(1));
        await load.Progresses(FailoverLimit);
        var old = await cluster.Leader();
        foreach (var node in cluster.Nodes.Where(n => n != old))
        {
            cluster.Network.CutBothWays(old.Name, node.Name);
        }

        var cut = load.Now;
        var successor = await cluster.Leader(old);
        Assert.False(await old.Leads(), "two nodes lead, as a load balancer sees it");
        await Eventually.Lasts(Split - (load.Now - cut));
        cluster.Network.Heal();
        await load.Progresses(FailoverLimit);

        var attempts = await load.Stop();
        Assert.DoesNotContain(attempts, a => a.Verdict == Verdict.Acknowledged && a.Node == old.Name && a.Sent > cut && a.Ended < cut + Split);
        Assert.Contains(attempts, a => a.Verdict == Verdict.Acknowledged && a.Node == successor.Name);
        await Accounting.Settle(cluster, attempts);
    }

    [Fact]
    public async Task A_leader_that_hears_nobody_but_is_heard_gives_way()
    {
        var cluster = await StartCluster(new() { Relayed = true });
        await using var load = new Workload(4, cluster.Nodes.Select(n => n.Url), patience: TimeSpan.FromSeconds(1));
        await load.Progresses(FailoverLimit);
        var old = await cluster.Leader();
        foreach (var node in cluster.Nodes.Where(n => n != old))
        {
            cluster.Network.Cut(node.Name, old.Name);
        }

        await cluster.Leader(old);
        await load.Progresses(FailoverLimit, Workload.Few); // every third write waits for the old one in vain
        cluster.Network.Heal();
        await load.Progresses(FailoverLimit);
        await Accounting.Settle(cluster, await load.Stop());
    }

    [Fact]
    public async Task A_follower_that_comes_and_goes_disturbs_nobody()
    {
        var cluster = await StartCluster(new() { Relayed = true, Patient = true });
        await using var load = new Workload(4, cluster.Nodes.Select(n => n.Url));
        await load.Progresses(FailoverLimit);
        var leader = await cluster.Leader();
        var follower = cluster.Nodes.First(n => n != leader);
        await using var others = new Workload(2, cluster.Nodes.Where(n => n != follower).Select(n => n.Url), name: "other");
        for (var round = 0; round < 2; round++)
        {
            cluster.Network.CutBothWays(leader.Name, follower.Name); // the third node it still hears
            await Eventually.Lasts(LongSilence);
            cluster.Network.Heal();
            await others.Progresses(FailoverLimit);
        }

        Assert.True(await leader.Leads(), "the leader was deposed");
        var undisturbed = await others.Stop();
        Assert.All(undisturbed, a => Assert.Equal(Verdict.Acknowledged, a.Verdict));
        await Accounting.Settle(cluster, [.. await load.Stop(), .. undisturbed]);
    }
}
