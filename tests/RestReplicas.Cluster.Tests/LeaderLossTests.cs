using System.Diagnostics;
using System.Globalization;

namespace RestReplicas.Cluster.Tests;

/// <summary>Leaders that die, freeze and come back, under load, with every write accounted for.</summary>
[Collection(TimeLimits.Name)]
public sealed class LeaderLossTests : ClusterTest
{
    private const int Rounds = 10;
    private static readonly TimeSpan FailoverLimit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Ten_leaders_killed_under_load_lose_nothing_that_was_acknowledged()
    {
        var cluster = await StartCluster();
        await using var load = new Workload(5, cluster.Nodes.Select(n => n.Url));
        await load.Progresses(FailoverLimit);
        for (var round = 0; round < Rounds; round++)
        {
            var leader = await cluster.Leader();
            await leader.Kill();
            leader.Start();
            await load.Progresses(FailoverLimit);
            await leader.WaitUntilLive();
            await cluster.AllReady();
        }

        var account = await Accounting.Settle(cluster, await load.Stop());
        Assert.True(account.Acknowledged > Rounds * 100, account.ToString());
    }

    [Fact]
    public async Task A_leader_that_is_asked_to_stop_hands_over_and_no_write_fails()
    {
        var cluster = await StartCluster(new() { Patient = true });
        await using var load = new Workload(4, cluster.Nodes.Select(n => n.Url));
        for (var round = 0; round < 3; round++)
        {
            await load.Progresses(FailoverLimit);
            var leader = await cluster.Leader();
            leader.Process.Signal(Posix.SigTerm);
            Assert.Equal(0, await leader.Process.WaitForExit(FailoverLimit));
            await load.Progresses(FailoverLimit);
            leader.Start();
            await leader.WaitUntilLive();
            await cluster.AllReady();
        }

        var attempts = await load.Stop();
        Assert.All(attempts, a => Assert.True(a.Verdict == Verdict.Acknowledged || a.Detail == Sender.NobodyListens, a.ToString()));
        TestContext.Current.TestOutputHelper?.WriteLine($"The slowest write took {attempts.Max(a => a.Took).TotalMilliseconds:F0} ms.");
        await Accounting.Settle(cluster, attempts);
    }

    [Fact]
    public async Task All_nodes_killed_at_once_lose_nothing_that_was_acknowledged()
    {
        var cluster = await StartCluster();
        await using var load = new Workload(5, cluster.Nodes.Select(n => n.Url));
        for (var round = 0; round < 3; round++)
        {
            await load.Progresses(FailoverLimit);
            await Task.WhenAll(cluster.Nodes.Select(n => n.Kill()));
            foreach (var node in cluster.Nodes)
            {
                node.Start();
            }
        }

        await load.Progresses(FailoverLimit);
        await cluster.AllReady();
        await Accounting.Settle(cluster, await load.Stop());
    }

    [Fact]
    public async Task A_frozen_leader_acknowledges_nothing_after_it_was_replaced_and_steps_down()
    {
        var longerThanEveryLimit = TimeSpan.FromSeconds(8); // the write's 5 s, the lease's 5 s
        var cluster = await StartCluster(new() { Patient = true });
        await using var load = new Workload(4, cluster.Nodes.Select(n => n.Url), patience: TimeSpan.FromSeconds(1));
        await load.Progresses(FailoverLimit);

        var old = await cluster.Leader();
        var frozen = Stopwatch.StartNew();
        old.Process.Freeze();
        var successor = await cluster.Leader(old);
        var first = await load.Join("first", successor.Url).WriteOne();
        Assert.Equal(Verdict.Acknowledged, first.Verdict);
        var replaced = load.Now;

        // The kernel takes these for it; it reads them when it is thawed, and believes that it leads.
        var late = Enumerable.Range(0, 20).Select(i => load.Join($"late{i}", old.Url).WriteOne()).ToList();
        await Eventually.Lasts(longerThanEveryLimit - frozen.Elapsed);
        old.Process.Thaw();
        await Task.WhenAll(late);
        await Eventually.Holds(async () => await Role(old) == "follower", FailoverLimit, () => $"{old.Name} follows");
        await load.Progresses(FailoverLimit);

        var attempts = await load.Stop();
        Assert.DoesNotContain(attempts, a => a.Verdict == Verdict.Acknowledged && a.Sent > replaced && Term(a) < Term(first));
        await Accounting.Settle(cluster, attempts);
    }

    private static async Task<string> Role(ReplicaProcess node)
    {
        using var answer = await node.Http.GetAsync("/v1", TestContext.Current.CancellationToken);
        return answer.Headers.GetValues("Replica-Role").Single();
    }

    private static long Term(Attempt attempt) =>
        long.Parse(attempt.Position!.Split('.')[0], CultureInfo.InvariantCulture);
}
