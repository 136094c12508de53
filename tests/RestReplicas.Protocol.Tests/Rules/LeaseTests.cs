namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §3 and §5: the lease says who may try; losing it costs nobody leadership, but for the strict rule.</summary>
public sealed class LeaseTests
{
    private static readonly Func<ReplicaOptions, ReplicaOptions> Strict =
        o => o with { Lease = new() { StepDownOnLoss = true } };

    [Fact]
    public void A_voter_that_hears_no_leader_contends_for_the_lease()
    {
        var bench = new Bench(terms: [1]);
        Assert.Single(bench.Tick().OfType<LeaseCall.Acquire>());
    }

    [Fact]
    public void A_voter_that_hears_a_leader_leaves_the_lease_alone()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        Assert.Empty(bench.Pass(990).OfType<LeaseCall>());
        Assert.Single(bench.Pass(10).OfType<LeaseCall.Acquire>());
    }

    [Fact]
    public void One_call_to_Redis_is_under_way_at_a_time()
    {
        var bench = new Bench(terms: [1]);
        bench.Tick();
        Assert.Empty(bench.Pass(5000).OfType<LeaseCall>());
        Assert.Empty(bench.Step(new LeaseFreed()).OfType<LeaseCall>());
    }

    [Fact]
    public void A_lease_that_was_released_is_contended_for_at_once()
    {
        var bench = new Bench(terms: [1]);
        bench.Tick();
        bench.Step(new LeaseAnswer.HeldByOther("t9", TimeSpan.FromSeconds(5)));
        Assert.Empty(bench.Tick().OfType<LeaseCall>());
        Assert.Single(bench.Step(new LeaseFreed()).OfType<LeaseCall.Acquire>());
    }

    [Fact]
    public void A_lease_that_comes_after_a_leader_was_heard_is_given_back()
    {
        var bench = new Bench(terms: [1]);
        bench.Tick();
        bench.Hear();
        Assert.Equal([new LeaseCall.Release("t1")], bench.Step(bench.Granted()));
        Assert.Null(bench.View.Lease.Token);
    }

    [Fact]
    public void A_campaign_that_fails_releases_the_lease_at_once()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        bench.Step(new Unanswered(Peers.Name(2), bench.LastSent(2).Sequence));
        Assert.Empty(bench.Effects);
        Assert.Equal([new LeaseCall.Release("t1")], bench.Step(new Unanswered(Peers.Name(3), bench.LastSent(3).Sequence)));
    }

    [Fact]
    public void A_leader_renews_its_lease_every_second_before_anybody_can_miss_it()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        bench.PassUntil<LeaseCall.Renew>();
        bench.Step(bench.Granted());
        for (var i = 0; i < 3; i++)
        {
            Assert.DoesNotContain(bench.PassAsLeader(990), e => e is LeaseCall);
            Assert.Contains(bench.PassAsLeader(10), e => e is LeaseCall.Renew);
            bench.Step(bench.Granted());
        }
    }

    [Fact]
    public void A_leader_that_loses_its_lease_leads_on_says_so_and_takes_it_again()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        bench.PassUntil<LeaseCall.Renew>();
        bench.Step(new LeaseAnswer.Lost());
        Assert.True(bench.View.Serving);
        Assert.Equal(LeaseState.Failsafe, bench.View.Lease.State);

        Assert.Contains(bench.PassAsLeader(1000), e => e is LeaseCall.Acquire);
        bench.Step(bench.Granted());
        Assert.Equal(new LeaseView(LeaseState.Held, "t2"), bench.View.Lease);
    }

    [Fact]
    public void A_leader_whose_Redis_is_silent_leads_on_and_keeps_trying()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        bench.PassUntil<LeaseCall.Renew>();
        for (var i = 0; i < 10; i++)
        {
            bench.Step(new LeaseAnswer.Unknown());
            Assert.True(bench.View.Serving);
            Assert.Equal(LeaseState.Failsafe, bench.View.Lease.State);
            Assert.Contains(bench.PassAsLeader(1000), e => e is LeaseCall.Renew);
        }
    }

    [Fact]
    public void Under_the_strict_rule_a_leader_that_loses_its_lease_steps_down()
    {
        var bench = new Bench(terms: [1], with: Strict);
        bench.Serve();
        bench.PassUntil<LeaseCall.Renew>();
        bench.Step(bench.Granted());
        Assert.Contains(bench.PassAsLeader(1000), e => e is LeaseCall.Renew);
        bench.Step(new LeaseAnswer.Lost());
        Assert.Equal(Role.Follower, bench.View.Role);
    }

    [Fact]
    public void Under_the_strict_rule_a_leader_steps_down_when_its_lease_is_over_though_Redis_is_silent()
    {
        var bench = new Bench(terms: [1], with: Strict);
        bench.Serve();
        bench.PassUntil<LeaseCall.Renew>();
        bench.Step(new LeaseAnswer.Unknown());
        bench.PassAsLeader(4500);
        Assert.Equal(Role.Leader, bench.View.Role);
        bench.PassAsLeader(500);
        Assert.Equal(Role.Follower, bench.View.Role);
    }

    [Fact]
    public void A_renewal_that_is_answered_after_the_lease_was_given_back_does_not_bring_it_back()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        bench.PassUntil<LeaseCall.Renew>();
        bench.Answer(bench.LastSent(2), Peers.OlderTerm(2, term: 9));
        Assert.Contains(new LeaseCall.Release("t1"), bench.Effects);
        bench.Step(bench.Granted());
        Assert.Null(bench.View.Lease.Token);
        Assert.DoesNotContain(bench.Effects, e => e is Send);
    }

    [Fact]
    public void When_Redis_was_silent_for_GiveUpAfter_a_voter_stands_without_a_lease_after_a_wait_of_its_own()
    {
        var waits = new HashSet<int>();
        for (ulong seed = 1; seed <= 8; seed++)
        {
            var bench = new Bench(terms: [1], seed: seed);
            bench.Tick();
            var passed = 0;
            while (!bench.Effects.Any(Peers.AsksForVote))
            {
                passed += 10;
                bench.Sleep(10);
                bench.Step(new LeaseAnswer.Unknown());
                if (!bench.Effects.Any(Peers.AsksForVote))
                {
                    bench.Tick();
                }
            }

            Assert.InRange(passed, 3000, 4010);
            waits.Add(passed);
        }

        Assert.True(waits.Count > 4, "each draws its own wait");
    }

    [Fact]
    public void An_answer_from_Redis_ends_its_silence()
    {
        var bench = new Bench(terms: [1]);
        bench.Tick();
        for (var i = 0; i < 20; i++)
        {
            bench.Pass(400);
            bench.Step(i % 5 == 4 ? new LeaseAnswer.HeldByOther($"t{i}", TimeSpan.FromSeconds(5)) : new LeaseAnswer.Unknown());
            Assert.Equal(Role.Follower, bench.View.Role);
        }
    }

    [Fact]
    public void Under_the_strict_rule_nobody_stands_without_a_lease()
    {
        var bench = new Bench(terms: [1], with: Strict);
        bench.Tick();
        for (var i = 0; i < 50; i++)
        {
            Assert.All(bench.Pass(400).ButAnnouncements(), e => Assert.IsType<LeaseCall.Acquire>(e));
            Assert.All(bench.Step(new LeaseAnswer.Unknown()), e => Assert.IsType<LeaseCall.Acquire>(e));
            Assert.Equal(Role.Follower, bench.View.Role);
        }
    }

    [Fact]
    public void Without_Redis_a_voter_stands_after_a_random_wait_within_the_silence()
    {
        var waits = new HashSet<int>();
        for (ulong seed = 1; seed <= 8; seed++)
        {
            var bench = new Bench(terms: [1], seed: seed, with: o => o with { Lease = null });
            var wait = bench.PassUntil(Peers.AsksForVote);
            Assert.InRange(wait, 10, 1010);
            waits.Add(wait);
        }

        Assert.True(waits.Count > 4, "each draws its own wait");
    }

    [Fact]
    public void Losing_the_lease_does_not_stop_a_campaign_under_way()
    {
        // Redis comes back, with somebody else's lease in it, while n1 stands without one.
        var bench = new Bench(terms: [1]);
        bench.Tick();
        for (var i = 0; i < 500 && bench.View.Role == Role.Follower; i++)
        {
            bench.Step(new LeaseAnswer.Unknown());
            bench.Pass(200);
        }

        Assert.Equal(Role.Candidate, bench.View.Role);
        bench.Step(new LeaseAnswer.HeldByOther("t9", TimeSpan.FromSeconds(5)));
        Assert.Equal(Role.Candidate, bench.View.Role);
        bench.AllGrant();
        bench.Save();
        bench.AllGrant();
        Assert.Equal(Role.Leader, bench.View.Role);
    }
}
