namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §4: lease, pre-vote, own vote on disk, votes, noop; or give up at once and wait as the reason says.</summary>
public sealed class CampaignTests
{
    [Fact]
    public void A_pre_vote_asks_every_other_voter_at_the_next_term_and_saves_nothing()
    {
        var bench = new Bench(terms: [1, 4], term: 6);
        bench.Stand();
        Assert.Equal([Peers.Name(2), Peers.Name(3)], bench.Effects.OfType<Send>().Select(s => s.To));
        var request = Assert.IsType<VoteRequest>(bench.LastSent(2).Request);
        Assert.True(request.PreVote);
        Assert.Equal(new Term(7), request.Header.Term);
        Assert.Equal(Peers.At(4, 2), request.Last);
        Assert.Empty(bench.Effects.OfType<Save>());
        Assert.Equal(new Term(6), bench.View.Term);
    }

    [Fact]
    public void Votes_are_asked_for_when_the_own_vote_is_on_disk_and_not_before()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2)));
        Assert.Equal(new HardState(new(2), Peers.Disk(1)), Assert.Single(bench.Effects.OfType<Save>()).Hard);
        Assert.Empty(bench.Effects.OfType<Send>());

        bench.Save();
        Assert.Equal(2, bench.Effects.OfType<Send>().Count(s => s.Request is VoteRequest { PreVote: false, Header.Term.Value: 2 }));
        Assert.Equal(Role.Candidate, bench.View.Role);
    }

    [Fact]
    public void With_a_majority_of_votes_it_leads_and_appends_a_noop_of_its_term()
    {
        var bench = new Bench(terms: [1, 1]);
        bench.Elect();
        Assert.Equal(Peers.At(2, 3), bench.View.Last);
        Assert.Equal(Self, bench.View.Leader);
        Assert.False(bench.View.Serving);
        Assert.Equal(Peers.At(1, 2), ((AppendRequest)bench.LastBatch(2).Request).Previous);
    }

    [Fact]
    public void It_takes_writes_when_its_noop_is_applied_and_not_before()
    {
        var bench = new Bench(terms: [1]);
        bench.Elect();
        Assert.IsType<NotProposed>(Assert.Single(bench.Step(new Propose([new byte[] { 1 }]))));
        bench.Save();
        bench.AllMatch();
        Assert.IsType<NotProposed>(Assert.Single(bench.Step(new Propose([new byte[] { 1 }]))));
        bench.Apply(2);
        Assert.Equal(Peers.At(2, 3), bench.Propose());
    }

    [Fact]
    public void A_vote_of_a_disk_that_the_configuration_does_not_name_counts_for_nothing()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2)) with { Header = Peers.Header(2, 1, disk: 22) });
        Assert.Equal(Role.Candidate, bench.View.Role);
        Assert.Empty(bench.Effects);
        bench.Answer(bench.LastSent(3), Peers.Grant(3, bench.LastSent(3)) with { Header = Peers.Header(3, 1, disk: 33) });
        Assert.Equal(Role.Follower, bench.View.Role);
    }

    [Fact]
    public void One_voter_is_not_counted_twice()
    {
        var bench = new Bench(terms: [1], voters: 5);
        bench.Stand();
        var send = bench.LastSent(2);
        bench.Answer(send, Peers.Grant(2, send));
        bench.Answer(send, Peers.Grant(2, send));
        Assert.Empty(bench.Effects);
        bench.Answer(bench.LastSent(3), Peers.Grant(3, bench.LastSent(3)));
        Assert.Single(bench.Effects.OfType<Save>());
    }

    [Fact]
    public void A_late_pre_vote_is_no_vote()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        var late = bench.LastSent(3);
        bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2)));
        bench.Save();
        bench.Answer(late, Peers.Grant(3, late));
        Assert.Equal(Role.Candidate, bench.View.Role);
    }

    [Fact]
    public void A_granted_pre_vote_from_a_voter_that_raised_its_term_already_counts()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2)) with { Header = Peers.Header(2, term: 2) });
        Assert.Equal(new HardState(new(2), Peers.Disk(1)), Assert.Single(bench.Effects.OfType<Save>()).Hard);
    }

    [Fact]
    public void A_refusal_from_a_newer_term_ends_the_campaign_and_raises_the_term()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        bench.Answer(bench.LastSent(2), Peers.OlderTerm(2, term: 8));
        Assert.Equal((Role.Follower, new Term(8)), (bench.View.Role, bench.View.Term));
        Assert.Contains(new LeaseCall.Release("t1"), bench.Effects);
    }

    [Fact]
    public void A_candidate_that_hears_a_leader_of_its_own_term_follows_it()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        bench.Hear();
        Assert.Equal((Role.Follower, Peers.Name(2)), (bench.View.Role, bench.View.Leader));
        Assert.Contains(new LeaseCall.Release("t1"), bench.Effects);
    }

    [Fact]
    public void A_campaign_ends_after_its_limit()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        Assert.Empty(bench.Pass(990));
        Assert.Contains(new LeaseCall.Release("t1"), bench.Pass(10));
        Assert.Equal(Role.Follower, bench.View.Role);
    }

    [Fact]
    public void Told_of_a_leader_it_tries_again_when_that_silence_could_be_over()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        bench.Answer(bench.LastSent(2), Peers.Refuse(2, bench.LastSent(2), VoteRefusal.HeardLeader, silence: 700));
        bench.Answer(bench.LastSent(3), Peers.Refuse(3, bench.LastSent(3), VoteRefusal.HeardLeader, silence: 300));
        Assert.Equal(Role.Follower, bench.View.Role);
        Assert.InRange(bench.PassUntil<LeaseCall.Acquire>(), 700, 760);
    }

    [Fact]
    public void Behind_another_log_it_waits_longer_each_time_up_to_twice_the_silence()
    {
        var bench = new Bench(terms: [1]);
        List<int> waits = [];
        for (var i = 0; i < 6; i++)
        {
            bench.Stand();
            bench.Answer(bench.LastSent(2), Peers.Refuse(2, bench.LastSent(2), VoteRefusal.LogBehind));
            bench.Answer(bench.LastSent(3), Peers.Refuse(3, bench.LastSent(3), VoteRefusal.LogBehind));
            var before = bench.Now;
            bench.PassUntil<LeaseCall.Acquire>();
            bench.Step(new LeaseAnswer.Unknown());
            waits.Add((int)(bench.Now.Clock - before.Clock).TotalMilliseconds);
        }

        Assert.InRange(waits[0], 250, 510);
        Assert.InRange(waits[1], 500, 1010);
        Assert.All(waits[2..], w => Assert.InRange(w, 1000, 2010));
        Assert.Contains("newer log", bench.View.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_leader_that_was_heard_meanwhile_ends_every_wait()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        bench.Answer(bench.LastSent(2), Peers.Refuse(2, bench.LastSent(2), VoteRefusal.HeardLeader, silence: 9000));
        bench.Answer(bench.LastSent(3), Peers.Refuse(3, bench.LastSent(3), VoteRefusal.HeardLeader, silence: 9000));
        bench.Pass(10);
        bench.Hear();
        Assert.Equal(1000, bench.PassUntil<LeaseCall.Acquire>());
    }

    [Fact]
    public void A_voter_that_a_committed_configuration_omits_does_not_stand_until_a_leader_feeds_it()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        var omitted = Peers.Refuse(2, bench.LastSent(2), VoteRefusal.LogBehind) with { OmitsCandidate = true };
        bench.Answer(bench.LastSent(2), omitted);
        bench.Answer(bench.LastSent(3), Peers.Refuse(3, bench.LastSent(3), VoteRefusal.LogBehind));
        Assert.Empty(bench.Pass(20_000).ButAnnouncements());

        bench.Hear();
        Assert.Contains(bench.Pass(1010), e => e is LeaseCall.Acquire);
    }

    [Fact]
    public void A_disk_that_the_configuration_does_not_name_never_stands()
    {
        var bench = new Bench(terms: [1], named: false);
        Assert.Empty(bench.Pass(20_000).ButAnnouncements());
    }

    [Fact]
    public void A_node_whose_save_failed_does_not_stand_until_one_succeeded()
    {
        var bench = new Bench(terms: [1, 1], term: 3, votedFor: 2, saveFailed: true);
        Assert.Equal(new HardState(new(3), Peers.Disk(2)), Assert.IsType<Save>(Assert.Single(bench.Pass(5000).ButAnnouncements())).Hard);
        bench.Save();
        Assert.Contains(bench.Tick(), e => e is LeaseCall.Acquire);
    }

    [Fact]
    public void A_node_whose_save_hangs_does_not_stand_and_gives_up_a_campaign()
    {
        var bench = new Bench(terms: [1], with: o => o with { CampaignLimit = TimeSpan.FromSeconds(30) });
        bench.Stand();
        bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2)));
        Assert.Single(bench.Effects.OfType<Save>());
        Assert.Empty(bench.Pass(2000).ButAnnouncements());
        Assert.Equal([new LeaseCall.Release("t1")], bench.Pass(10_000).ButAnnouncements());
        bench.Save();
        Assert.Contains(bench.Pass(10), e => e is LeaseCall.Acquire);
    }

    [Fact]
    public void A_single_voter_elects_itself()
    {
        var bench = new Bench(terms: [1], voters: 1);
        bench.Stand();
        Assert.Equal(Role.Candidate, bench.View.Role);
        bench.Save();
        Assert.Equal(Role.Leader, bench.View.Role);
    }

    private static NodeName Self => Bench.Self;
}
