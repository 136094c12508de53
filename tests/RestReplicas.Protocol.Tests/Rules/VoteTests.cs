namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §4, steps 2 and 3, from the voter's side.</summary>
public sealed class VoteTests
{
    [Fact]
    public void A_voter_grants_one_vote_per_term()
    {
        var bench = new Bench(terms: [1]);
        bench.Ask(Peers.AskForVote(2, term: 2, last: Peers.At(1, 1)));
        bench.Save();
        Assert.Null(Vote(bench.Reply()).Refusal);
        Assert.Equal(VoteRefusal.AlreadyVoted, Vote(bench.Ask(Peers.AskForVote(3, term: 2, last: Peers.At(1, 9)))).Refusal);
        Assert.Null(Vote(bench.Ask(Peers.AskForVote(2, term: 2, last: Peers.At(1, 1)))).Refusal);
    }

    [Fact]
    public void A_vote_leaves_when_it_is_on_disk_and_not_before()
    {
        var bench = new Bench(terms: [1]);
        Assert.Null(bench.Ask(Peers.AskForVote(2, term: 2, last: Peers.At(1, 1))));
        Assert.Equal(new HardState(new(2), Peers.Disk(2)), bench.Effects.OfType<Save>().Last().Hard);
        Assert.Null(bench.Ask(Peers.AskForVote(2, term: 2, last: Peers.At(1, 1))));
        bench.Save();
        Assert.Equal(2, bench.Effects.OfType<Reply>().Count(r => r.Response is VoteResponse { Refusal: null }));
    }

    [Fact]
    public void A_vote_that_is_saved_after_the_term_is_over_is_refused()
    {
        var bench = new Bench(terms: [1]);
        bench.Ask(Peers.AskForVote(2, term: 2, last: Peers.At(1, 1)));
        var first = bench.LastQuestion;
        bench.Ask(Peers.AskForVote(3, term: 3, last: Peers.At(1, 1)));
        var effects = bench.Save();
        Assert.IsType<RefusedResponse>(Bench.Reply(effects, first));
        Assert.Null(Vote(bench.Reply()).Refusal);
    }

    [Fact]
    public void A_vote_survives_a_restart()
    {
        var bench = new Bench(terms: [1], term: 2, votedFor: 2);
        Assert.Equal(VoteRefusal.AlreadyVoted, Vote(bench.Ask(Peers.AskForVote(3, term: 2, last: Peers.At(1, 1)))).Refusal);
        Assert.Null(Vote(bench.Ask(Peers.AskForVote(2, term: 2, last: Peers.At(1, 1)))).Refusal);
    }

    [Fact]
    public void A_vote_is_for_a_disk_so_a_wiped_candidate_is_another()
    {
        var bench = new Bench(terms: [1], term: 2, votedFor: 2);
        var wiped = Peers.AskForVote(2, term: 2, last: Peers.At(1, 1), disk: 22);
        Assert.Equal(VoteRefusal.AlreadyVoted, Vote(bench.Ask(wiped)).Refusal);
    }

    [Fact]
    public void A_candidate_votes_for_itself()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        bench.AllGrant();
        bench.Save();
        Assert.Equal(VoteRefusal.AlreadyVoted, Vote(bench.Ask(Peers.AskForVote(2, term: 2, last: Peers.At(1, 9)))).Refusal);
    }

    [Fact]
    public void A_pre_vote_changes_nothing_and_may_be_given_to_many()
    {
        var bench = new Bench(terms: [1]);
        Assert.Null(Vote(bench.Ask(Peers.AskForPreVote(2, term: 2, last: Peers.At(1, 1)))).Refusal);
        Assert.Empty(bench.Effects.OfType<Save>());
        Assert.Null(Vote(bench.Ask(Peers.AskForPreVote(3, term: 9, last: Peers.At(1, 1)))).Refusal);
        Assert.Empty(bench.Effects.OfType<Save>());
        Assert.Equal(new Term(1), bench.View.Term);
    }

    [Theory]
    [InlineData(2, 9, true)] // older last term, longer
    [InlineData(3, 2, true)] // same last term, shorter
    [InlineData(3, 3, false)]
    [InlineData(3, 4, false)]
    [InlineData(4, 1, false)] // newer last term, shorter
    public void A_log_is_behind_by_its_last_term_then_by_its_last_index(long term, long index, bool behind)
    {
        var bench = new Bench(terms: [1, 3, 3]);
        VoteRefusal? expected = behind ? VoteRefusal.LogBehind : null;
        Assert.Equal(expected, Vote(bench.Ask(Peers.AskForPreVote(2, term: 9, last: Peers.At(term, index)))).Refusal);
        bench.Ask(Peers.AskForVote(2, term: 9, last: Peers.At(term, index)));
        bench.Save();
        Assert.Equal(expected, Vote(bench.Reply()).Refusal);
    }

    [Fact]
    public void The_voters_own_log_counts_as_it_is_in_memory_saved_or_not()
    {
        var bench = new Bench(terms: [1]);
        bench.Ask(Peers.Append(2, term: 1, Peers.At(1, 1), [1]));
        bench.Sleep(1000);
        Assert.Equal(VoteRefusal.LogBehind, Vote(bench.Ask(Peers.AskForPreVote(3, term: 2, last: Peers.At(1, 1)))).Refusal);
    }

    [Fact]
    public void A_voter_that_hears_a_leader_refuses_everybody_and_says_for_how_long()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        bench.Sleep(50);
        var answer = Vote(bench.Ask(Peers.AskForPreVote(3, term: 2, last: Peers.At(1, 9))));
        Assert.Equal((VoteRefusal.HeardLeader, TimeSpan.FromMilliseconds(950)), (answer.Refusal, answer.Silence));
        bench.Sleep(949);
        Assert.Equal(VoteRefusal.HeardLeader, Vote(bench.Ask(Peers.AskForPreVote(3, term: 2, last: Peers.At(1, 9)))).Refusal);
        bench.Sleep(1);
        Assert.Null(Vote(bench.Ask(Peers.AskForPreVote(3, term: 2, last: Peers.At(1, 9)))).Refusal);
    }

    [Fact]
    public void A_request_refused_because_a_leader_is_heard_raises_no_term()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        Assert.Equal(VoteRefusal.HeardLeader, Vote(bench.Ask(Peers.AskForVote(3, term: 9, last: Peers.At(1, 9)))).Refusal);
        Assert.Equal(new Term(1), bench.View.Term);
    }

    [Fact]
    public void A_leader_refuses_everybody_and_stays()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        Assert.Equal(VoteRefusal.HeardLeader, Vote(bench.Ask(Peers.AskForVote(3, term: 9, last: Peers.At(8, 9)))).Refusal);
        Assert.True(bench.View.Serving);
    }

    [Fact]
    public void A_leaders_own_past_leadership_does_not_make_it_refuse_others()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        bench.Sleep(800);
        bench.Tick();
        Assert.Equal(Role.Follower, bench.View.Role);
        Assert.Null(Vote(bench.Ask(Peers.AskForPreVote(3, term: 3, last: Peers.At(2, 2)))).Refusal);
    }

    [Fact]
    public void A_request_refused_for_its_log_raises_the_term_all_the_same()
    {
        var bench = new Bench(terms: [1, 1]);
        Assert.Null(bench.Ask(Peers.AskForVote(3, term: 9, last: Peers.At(1, 1))));
        bench.Save();
        var answer = Vote(bench.Reply());
        Assert.Equal((VoteRefusal.LogBehind, new Term(9)), (answer.Refusal, answer.Header.Term));
    }

    [Fact]
    public void Nobody_refuses_because_of_its_own_configuration()
    {
        var bench = new Bench(terms: [1]);
        bench.Ask(Peers.AskForVote(9, term: 2, last: Peers.At(1, 1)));
        bench.Save();
        Assert.Null(Vote(bench.Reply()).Refusal);
    }

    [Theory]
    [InlineData(2, 0, false)] // named
    [InlineData(9, 0, true)]
    [InlineData(9, 1, false)] // it has that configuration itself
    public void A_refusal_says_whether_a_committed_configuration_beyond_the_candidates_log_omits_it(int from, long last, bool omits)
    {
        var bench = new Bench(terms: [1, 2], applied: 2);
        var answer = Vote(bench.Ask(Peers.AskForPreVote(from, term: 3, last: last == 0 ? Position.Zero : Peers.At(1, last))));
        Assert.Equal((VoteRefusal.LogBehind, omits), (answer.Refusal, answer.OmitsCandidate));
    }

    [Fact]
    public void A_configuration_that_is_not_committed_omits_nobody()
    {
        var bench = new Bench(terms: [1, 2], applied: 0);
        Assert.False(Vote(bench.Ask(Peers.AskForPreVote(9, term: 3, last: Position.Zero))).OmitsCandidate);
    }

    private static VoteResponse Vote(Response? response) => Assert.IsType<VoteResponse>(response);
}
