namespace RestReplicas.Cluster.Tests;

/// <summary>Redis that forgets, freezes and dies under a leader that is well.</summary>
[MostlyWaiting]
public sealed class RedisOutageTests : ClusterTest
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(30);

    /// <summary>Longer than the lease lives.</summary>
    private static readonly TimeSpan Freeze = TimeSpan.FromSeconds(7);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Most of a minute of writes, beside other tests.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task While_the_leader_is_healthy_no_write_fails_whatever_Redis_does()
    {
        var cluster = await StartCluster(new() { Patient = true });
        var redis = cluster.Redis[0];
        var leader = await cluster.Leader();
        await using var load = new Workload(4, cluster.Nodes.Select(n => n.Url), pause: Pause);
        await load.Progresses(Limit);

        await redis.Ask("FLUSHALL");
        await redis.LeaseHeldBy(leader);

        redis.Process.Freeze();
        await Eventually.Lasts(Freeze);
        redis.Process.Thaw();
        await redis.LeaseHeldBy(leader);

        await redis.Process.Kill();
        await Eventually.Lasts(Outage);
        Assert.Contains("\"lease\":\"failsafe\"", await leader.Http.GetStringAsync(new Uri("/cluster", UriKind.Relative), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await redis.Start(); // empty
        await redis.LeaseHeldBy(leader);
        await load.Progresses(Limit);

        var attempts = await load.Stop();
        Assert.All(attempts, a => Assert.Equal(Verdict.Acknowledged, a.Verdict));
        Assert.True(await leader.Leads(), "another node leads now");
        await Accounting.Settle(cluster, attempts);
    }
}
