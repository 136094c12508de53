namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §10: a learner is fed like a voter, and counts for nothing.</summary>
public sealed class LearnerTests
{
    [Fact]
    public void A_learner_gets_every_entry_and_every_commit()
    {
        var bench = Serving();
        bench.Propose(3);
        bench.Live(200);
        Assert.Equal(5, bench.Follower(4)!.Match);
        Assert.False(bench.Follower(4)!.Counts);
        Assert.Equal(5, ((AppendRequest)bench.LastHeartbeat(4).Request).Commit);
    }

    [Fact]
    public void A_learners_copy_commits_nothing()
    {
        var bench = Serving();
        bench.Propose();
        bench.Save();
        bench.Match(4, bench.LastBatch(4));
        Assert.Equal((3, 2), (bench.Follower(4)!.Match, bench.View.Commit));
        bench.Match(2, bench.LastBatch(2));
        Assert.Equal(3, bench.View.Commit);
    }

    [Fact]
    public void A_learners_answers_keep_nobody_in_office()
    {
        var bench = Serving();
        bench.Silent.UnionWith([2, 3]);
        bench.Live(900);
        Assert.Equal(Role.Follower, bench.View.Role);
    }

    [Fact]
    public void A_learners_answer_confirms_no_read()
    {
        var bench = Serving();
        bench.Step(new Read(1));
        Assert.DoesNotContain(bench.Match(4, bench.LastHeartbeat(4)), e => e is ReadConfirmed);
        Assert.Contains(new ReadConfirmed(1, 2), bench.Match(2, bench.LastHeartbeat(2)));
    }

    [Fact]
    public void A_learners_clock_dates_no_entry()
    {
        var bench = Serving();
        for (var i = 0; i < 2; i++)
        {
            var behind = bench.Now.Wall - 60_000;
            bench.PassUntil(e => e is Send { To.Value: "n4" });
            bench.Answer(bench.LastSent(4), Peers.Matched(4, bench.LastSent(4), bench.Now) with { Wall = behind });
            bench.Match(2, bench.LastHeartbeat(2));
            bench.Answer(bench.LastHeartbeat(3), Peers.Matched(3, bench.LastHeartbeat(3), bench.Now) with { Wall = behind + 120_000 });
        }

        bench.Propose();
        Assert.Equal(bench.Now.Wall, bench.Effects.OfType<Save>().Single().Entries[0].Timestamp);
    }

    [Fact]
    public void A_learner_is_not_asked_for_its_vote()
    {
        var bench = Serving();
        bench.PassUntil<LeaseCall.Release>();
        bench.Stand();
        Assert.Equal([Peers.Name(2), Peers.Name(3)], bench.Effects.OfType<Send>().Select(s => s.To));
    }

    [Fact]
    public void Leadership_is_not_handed_to_a_learner()
    {
        var bench = Serving();
        Assert.Single(bench.Step(new TransferLeadership(Peers.Name(4))).OfType<TransferRefused>());
        Assert.Null(bench.View.TransferTo);
    }

    [Fact]
    public void A_learner_obeys_no_order_to_campaign()
    {
        var bench = new Bench(terms: [1], named: false);
        bench.Hear();
        var order = new TransferRequest(Peers.Header(2, 1), bench.View.Last, new(77, bench.Now), TimeSpan.FromMilliseconds(500));
        Assert.False(Assert.IsType<TransferResponse>(bench.Ask(order)).Obeyed);
        Assert.Equal(new Term(1), bench.View.Term);
    }

    [Fact]
    public void Who_follows_without_a_vote_says_that_it_is_a_learner()
    {
        Assert.Equal(Role.Learner, new Bench(terms: [1], named: false).View.Role);
        Assert.Equal(Role.Follower, new Bench(terms: [1]).View.Role);
    }

    [Fact]
    public void A_learner_may_ask_which_state_is_current()
    {
        var bench = new Bench(terms: [1], named: false);
        bench.Hear();
        Assert.IsType<ReadIndexRequest>(Assert.IsType<Send>(Assert.Single(bench.Step(new Read(1)))).Request);
    }

    [Fact]
    public void A_configuration_that_omits_it_makes_a_voter_a_learner_and_one_that_is_removed_again_a_voter()
    {
        var bench = new Bench(terms: [1]);
        bench.Ask(Peers.Append(2, term: 1, Peers.At(1, 1), []) with
        {
            Entries = [Entry.Create(Peers.At(1, 2), EntryKind.Configuration, 1, bench.Configuration.Without(Bench.Self).Encode())],
        });
        Assert.Equal((Role.Learner, 2), (bench.View.Role, bench.View.Configuration!.Voters.Count));

        bench.Ask(Peers.Append(3, term: 2, Peers.At(1, 1), [2]));
        Assert.Equal((Role.Follower, 3), (bench.View.Role, bench.View.Configuration!.Voters.Count));
        Assert.Contains(bench.Pass(2000), e => e is LeaseCall.Acquire);
    }

    /// <summary>Leads n2 and n3, and feeds n4.</summary>
    private static Bench Serving()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        bench.Join(4);
        return bench;
    }
}
