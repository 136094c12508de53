namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §4, usurping: no failover waits for a TTL, and no campaign under way is robbed of its lease.</summary>
public sealed class UsurpingTests
{
    private static readonly LeaseAnswer Held = new LeaseAnswer.HeldByOther("t9", TimeSpan.FromSeconds(5));

    [Fact]
    public void After_the_silence_a_voter_asks_for_pre_votes_while_a_silent_leader_holds_the_lease()
    {
        var bench = Deserted();
        Assert.All(bench.Effects.OfType<Send>(), s => Assert.True(((VoteRequest)s.Request).PreVote));
        Assert.Equal(2, bench.Effects.OfType<Send>().Count());
    }

    [Fact]
    public void With_a_majority_it_replaces_the_lease_and_then_asks_for_votes()
    {
        var bench = Deserted();
        Assert.Equal([new LeaseCall.Replace("t9")], bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2))));
        Assert.Equal(new HardState(new(2), Peers.Disk(1)), Assert.IsType<Save>(Assert.Single(bench.Step(bench.Granted()))).Hard);
        Assert.Equal(2, bench.Save().OfType<Send>().Count(s => s.Request is VoteRequest { PreVote: false }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_failed_or_unknown_compare_and_set_is_a_refusal(bool unknown)
    {
        var bench = Deserted();
        bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2)));
        bench.Step(unknown ? new LeaseAnswer.Unknown() : new LeaseAnswer.Lost());
        Assert.Equal((Role.Follower, new Term(1)), (bench.View.Role, bench.View.Term));
        Assert.Empty(bench.Effects.OfType<Send>());
    }

    [Fact]
    public void Refused_it_leaves_the_lease_where_it_is()
    {
        var bench = Deserted();
        bench.Answer(bench.LastSent(2), Peers.Refuse(2, bench.LastSent(2), VoteRefusal.HeardLeader, silence: 500));
        bench.Answer(bench.LastSent(3), Peers.Refuse(3, bench.LastSent(3), VoteRefusal.HeardLeader, silence: 500));
        Assert.Equal(Role.Follower, bench.View.Role);
        Assert.Empty(bench.Effects.OfType<LeaseCall>());
    }

    [Fact]
    public void A_lease_that_was_replaced_after_the_campaign_ended_is_given_back()
    {
        var bench = Deserted();
        bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2)));
        bench.Hear();
        Assert.Equal([new LeaseCall.Release("t1")], bench.Step(bench.Granted()));
    }

    [Fact]
    public void A_voter_that_just_started_usurps_nobody()
    {
        var bench = new Bench(terms: [1]);
        bench.Tick();
        bench.Step(Held);
        bench.Sleep(990);
        bench.Tick();
        bench.Step(Held);
        Assert.Equal(Role.Follower, bench.View.Role);
        bench.Sleep(200);
        bench.Tick();
        bench.Step(Held);
        Assert.Equal(Role.Candidate, bench.View.Role);
    }

    [Fact]
    public void A_token_first_seen_less_than_a_campaign_ago_is_left_alone()
    {
        // Its holder may be in the middle of its campaign.
        var bench = new Bench(terms: [1], silentFor: 5000);
        bench.Tick();
        bench.Step(Held);
        bench.Sleep(500);
        bench.Tick();
        bench.Step(new LeaseAnswer.HeldByOther("t10", TimeSpan.FromSeconds(5)));
        bench.Sleep(900);
        bench.Tick();
        bench.Step(new LeaseAnswer.HeldByOther("t10", TimeSpan.FromSeconds(5)));
        Assert.Equal(Role.Follower, bench.View.Role);
        bench.Sleep(200);
        bench.Tick();
        bench.Step(new LeaseAnswer.HeldByOther("t10", TimeSpan.FromSeconds(5)));
        Assert.Equal(Role.Candidate, bench.View.Role);
    }

    [Fact]
    public void A_refused_connection_after_two_missed_heartbeats_ends_the_silence_early()
    {
        var bench = new Bench(terms: [1], silentFor: 5000);
        bench.Tick();
        bench.Step(Held);
        bench.Hear(token: "t9");
        bench.Sleep(900);
        bench.Hear(token: "t9");
        bench.Sleep(100);
        bench.Hear(token: "t9");
        Assert.Equal([new Probe(Peers.Name(2))], bench.Pass(250));
        bench.Step(new ConnectionRefused(Peers.Name(2)));
        Assert.Single(bench.Effects.OfType<LeaseCall.Acquire>());
        bench.Step(Held);
        Assert.Equal(Role.Candidate, bench.View.Role);
        Assert.Null(Assert.IsType<VoteResponse>(bench.Ask(Peers.AskForPreVote(3, term: 2, last: Peers.At(1, 1)))).Refusal);
    }

    [Fact]
    public void A_refused_connection_of_a_leader_that_was_heard_meanwhile_means_nothing()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        bench.Pass(250);
        bench.Hear();
        bench.Sleep(150);
        Assert.Empty(bench.Step(new ConnectionRefused(Peers.Name(2))).OfType<LeaseCall>());
        Assert.True(bench.View.LeaderHeard);
    }

    [Fact]
    public void A_refused_connection_of_another_node_means_nothing()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        bench.Pass(250);
        bench.Step(new ConnectionRefused(Peers.Name(3)));
        Assert.True(bench.View.LeaderHeard);
    }

    /// <summary>n2 led with token t9 for a while, and was not heard for the silence.</summary>
    private static Bench Deserted()
    {
        var bench = new Bench(terms: [1], silentFor: 5000);
        bench.Tick();
        bench.Step(Held);
        bench.Hear(token: "t9");
        bench.Sleep(1000);
        bench.Tick();
        bench.Step(Held);
        Assert.Equal(Role.Candidate, bench.View.Role);
        return bench;
    }
}
