namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §8: how old a state can be, without synchronised clocks.</summary>
public sealed class StalenessTests
{
    private const ulong Own = 77;

    [Fact]
    public void A_follower_that_nobody_told_knows_nothing_of_its_age()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        Assert.Null(bench.View.Freshness);
    }

    [Fact]
    public void The_bound_is_the_time_since_the_stamp_plus_the_quorum_age()
    {
        var bench = new Bench(terms: [1], applied: 1);
        var stamp = Stamped(bench);
        bench.Sleep(40);
        bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 1), commit: 1, echo: new(stamp, TimeSpan.FromMilliseconds(30))));
        bench.Sleep(50);
        AssertStaleness(bench, 40 + 50 + 30);
    }

    [Fact]
    public void A_message_proves_nothing_until_its_commit_index_is_applied()
    {
        var bench = new Bench(terms: [1, 1], applied: 1);
        bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 2), commit: 2, echo: new(Stamped(bench), TimeSpan.Zero)));
        Assert.Null(bench.View.Freshness);
        bench.Apply(2);
        AssertStaleness(bench, 0);
    }

    [Fact]
    public void A_message_that_does_not_match_proves_nothing()
    {
        var bench = new Bench(terms: [1, 1], applied: 1);
        bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 5), commit: 1, echo: new(Stamped(bench), TimeSpan.Zero)));
        Assert.Null(bench.View.Freshness);
    }

    [Fact]
    public void A_stamp_of_another_process_is_worth_nothing()
    {
        var bench = new Bench(terms: [1], applied: 1);
        bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 1), commit: 1, echo: new(new(Own + 1, bench.Now), TimeSpan.Zero)));
        Assert.Null(bench.View.Freshness);
    }

    [Fact]
    public void An_older_proof_does_not_replace_a_better_one_and_theirs_are_never_mixed()
    {
        var bench = new Bench(terms: [1], applied: 1);
        var early = Stamped(bench);
        bench.Sleep(100);
        var late = Stamped(bench);
        bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 1), commit: 1, echo: new(late, TimeSpan.FromMilliseconds(20))));
        bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 1), commit: 1, echo: new(early, TimeSpan.Zero)));
        AssertStaleness(bench, 20);
    }

    [Fact]
    public void What_waits_for_the_state_is_bounded()
    {
        // The first 64 proofs wait for index 2; the newer ones found the queue full.
        var bench = new Bench(terms: [1, 1], applied: 1);
        for (var i = 1; i <= 100; i++)
        {
            bench.Sleep(1);
            bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 2), commit: 2, echo: new(Stamped(bench), TimeSpan.Zero)));
        }

        bench.Apply(2);
        AssertStaleness(bench, 100 - 64);
    }

    [Fact]
    public void A_wall_clock_that_disagrees_about_the_interval_makes_the_bound_unknown()
    {
        var bench = new Bench(terms: [1], applied: 1);
        bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 1), commit: 1, echo: new(Stamped(bench), TimeSpan.Zero)));
        bench.Sleep(100);
        bench.SetWall(bench.Now.Wall + 250);
        AssertStaleness(bench, 100);
        bench.SetWall(bench.Now.Wall + 1);
        Assert.NotNull(bench.View.Freshness);
        Assert.Null(bench.View.Freshness.Staleness(bench.Now));
    }

    [Fact]
    public void A_wall_clock_that_is_wrong_but_steady_changes_nothing()
    {
        var bench = new Bench(terms: [1], applied: 1);
        bench.SetWall(bench.Now.Wall - 3_600_000);
        bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 1), commit: 1, echo: new(Stamped(bench), TimeSpan.Zero)));
        bench.Sleep(100);
        AssertStaleness(bench, 100);
    }

    [Fact]
    public void On_the_leader_the_bound_is_the_age_of_the_newest_messages_that_a_majority_answered()
    {
        var bench = Serving();
        bench.PassUntil<Send>();
        var sent = bench.Now;
        var toOne = bench.LastHeartbeat(2);
        bench.Sleep(40);
        bench.Match(2, toOne);
        bench.Sleep(60);
        AssertStaleness(bench, (int)(bench.Now.Clock - sent.Clock).TotalMilliseconds);
    }

    [Fact]
    public void A_leader_knows_no_bound_until_its_noop_is_applied()
    {
        var bench = new Bench(terms: [1]);
        bench.Elect();
        bench.Save();
        bench.AllMatch();
        Assert.Null(bench.View.Freshness);
        Assert.Null(((AppendRequest)bench.LastSent(2).Request).Echo);
        bench.Apply(2);
        Assert.NotNull(bench.View.Freshness);
    }

    [Fact]
    public void A_leader_echoes_each_followers_newest_stamp_with_its_quorum_age_of_that_moment()
    {
        var bench = Serving();
        bench.PassUntil<Send>();
        var sent = bench.Now;
        var heartbeat = bench.LastHeartbeat(2);
        bench.Sleep(30);
        var answer = Peers.Matched(2, heartbeat, bench.Now);
        bench.Answer(heartbeat, answer);
        bench.Answer(bench.LastHeartbeat(3), Peers.Mismatch(3, bench.LastHeartbeat(3), bench.Now, Position.Zero, disk: 33));
        bench.Sleep(30);
        bench.Propose();
        var echo = Assert.NotNull(((AppendRequest)bench.LastBatch(2).Request).Echo);
        Assert.Equal(answer.Stamp, echo.Stamp);
        Assert.Equal(bench.Now.Clock - sent.Clock, echo.QuorumAge);
        Assert.Equal(33UL, Assert.NotNull(((AppendRequest)bench.LastBatch(3).Request).Echo).Stamp.Nonce);
    }

    [Fact]
    public void A_deposed_leaders_last_bound_stays_true_of_its_state_and_grows()
    {
        var bench = Serving();
        bench.PassAsLeader(500);
        bench.Pass(2000);
        Assert.Equal(Role.Follower, bench.View.Role);
        Assert.InRange(bench.View.Freshness!.Staleness(bench.Now)!.Value.TotalMilliseconds, 2000, 2110);
    }

    [Fact]
    public void Every_answer_carries_a_stamp_of_this_process()
    {
        var bench = new Bench(terms: [1]);
        Assert.Equal(new Stamp(Own, bench.Now), Assert.IsType<AppendResponse>(bench.Hear()).Stamp);
    }

    [Fact]
    public void A_bound_allows_for_clocks_that_differ_in_rate_by_a_thousandth()
    {
        var start = new Moment(TimeSpan.FromSeconds(1), 0);
        Assert.Equal(TimeSpan.FromMilliseconds(100_100), new Freshness(start, TimeSpan.FromSeconds(40))
            .Staleness(new(TimeSpan.FromSeconds(61), 60_000)));
    }

    private static Stamp Stamped(Bench bench) => new(Own, bench.Now);

    private static void AssertStaleness(Bench bench, int milliseconds)
    {
        var staleness = bench.View.Freshness?.Staleness(bench.Now);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds) * 1.001, staleness);
    }

    private static Bench Serving()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        return bench;
    }
}
