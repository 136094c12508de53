namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §4, founding: every voter with an empty disk, or nobody.</summary>
public sealed class FoundingTests
{
    [Fact]
    public void A_founder_names_the_voters_that_it_was_told_of()
    {
        var bench = new Bench();
        bench.Stand();
        Assert.Equal([Peers.Name(1), Peers.Name(2), Peers.Name(3)], ((VoteRequest)bench.LastSent(3).Request).Founding);
        Assert.Null(((VoteRequest)bench.LastSent(3).Request).Header.Cluster);
    }

    [Fact]
    public void A_founder_needs_the_pre_vote_of_every_voter()
    {
        var bench = new Bench();
        bench.Stand();
        bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2)));
        Assert.Empty(bench.Effects);
        bench.Answer(bench.LastSent(3), Peers.Grant(3, bench.LastSent(3)));
        Assert.Single(bench.Effects.OfType<Save>());
    }

    [Fact]
    public void A_founder_needs_the_vote_of_every_voter()
    {
        var bench = new Bench();
        bench.Stand();
        bench.AllGrant();
        bench.Save();
        bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2)));
        Assert.Equal(Role.Candidate, bench.View.Role);
        bench.Answer(bench.LastSent(3), Peers.Grant(3, bench.LastSent(3)));
        Assert.Equal(Role.Leader, bench.View.Role);
    }

    [Fact]
    public void One_voter_that_does_not_answer_ends_a_founding()
    {
        var bench = new Bench();
        bench.Stand();
        bench.Step(new Unanswered(Peers.Name(3), bench.LastSent(3).Sequence));
        Assert.Equal(Role.Follower, bench.View.Role);
        Assert.Contains(new LeaseCall.Release("t1"), bench.Effects);
    }

    [Fact]
    public void A_vote_that_does_not_say_that_its_disk_is_empty_founds_nothing()
    {
        var bench = new Bench();
        bench.Stand();
        bench.AllGrant();
        bench.Save();
        bench.AllGrant(g => g with { EmptyDisk = false });
        Assert.Equal(Role.Follower, bench.View.Role);
    }

    [Fact]
    public void Founders_with_the_same_disk_id_are_copies_of_one_directory_and_found_nothing()
    {
        var bench = new Bench();
        bench.Stand();
        bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2)));
        var copy = Peers.Grant(3, bench.LastSent(3)) with { Header = Peers.Header(3, 0, disk: 2) with { Cluster = null } };
        Assert.Equal([new LeaseCall.Release("t1")], bench.Answer(bench.LastSent(3), copy));
        Assert.Equal((Role.Follower, Term.Zero), (bench.View.Role, bench.View.Term));
    }

    [Fact]
    public void A_founder_counts_no_vote_of_a_copy_of_itself()
    {
        var bench = new Bench(voters: 2);
        bench.Stand();
        var copy = Peers.Grant(2, bench.LastSent(2)) with { Header = Peers.Header(2, 0, disk: 1) with { Cluster = null } };
        bench.Answer(bench.LastSent(2), copy);
        Assert.Equal((Role.Follower, Term.Zero), (bench.View.Role, bench.View.Term));
    }

    [Fact]
    public void The_first_entry_is_the_configuration_with_the_disks_that_voted_and_takes_the_noops_place()
    {
        var bench = new Bench();
        bench.Stand();
        bench.AllGrant();
        bench.Save();
        bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2)) with { Header = Peers.Header(2, 1, disk: 22) with { Cluster = null } });
        bench.Answer(bench.LastSent(3), Peers.Grant(3, bench.LastSent(3)));
        var entry = Assert.Single(Assert.Single(bench.Effects.OfType<Save>()).Entries);
        Assert.Equal((Peers.At(1, 1), EntryKind.Configuration), (entry.Position, entry.Kind));
        Voter[] voters = [new(Peers.Name(1), Peers.Disk(1)), new(Peers.Name(2), Peers.Disk(22)), new(Peers.Name(3), Peers.Disk(3))];
        Assert.Equal(voters, Configuration.Decode(entry.Payload.Span).Voters);
        Assert.Equal(voters, bench.View.Configuration!.Voters);
    }

    [Fact]
    public void From_the_first_entry_on_messages_carry_the_cluster_and_a_majority_is_enough()
    {
        var bench = new Bench();
        bench.Elect();
        var founded = bench.View.Configuration!.Cluster;
        Assert.Equal(founded, bench.LastBatch(2).Request.Header.Cluster);
        bench.Save();
        var matched = Peers.Matched(2, bench.LastBatch(2), bench.Now);
        bench.Answer(bench.LastBatch(2), matched with { Header = matched.Header with { Cluster = founded } });
        Assert.Equal(1, bench.View.Commit);
    }

    [Fact]
    public void An_empty_voter_grants_a_founding_and_says_that_its_disk_is_empty()
    {
        var bench = new Bench(term: 4, votedFor: 2); // a term and a vote may be there
        bench.Ask(Peers.AskToFound(3, term: 5));
        bench.Save();
        var vote = Assert.IsType<VoteResponse>(bench.Reply());
        Assert.Null(vote.Refusal);
        Assert.True(vote.EmptyDisk);
    }

    [Fact]
    public void A_disk_that_is_no_longer_empty_when_its_vote_leaves_does_not_say_so()
    {
        var bench = new Bench();
        bench.Ask(Peers.AskToFound(3, term: 5));
        var asked = bench.LastQuestion;
        var configuration = Entry.Create(Peers.At(1, 1), EntryKind.Configuration, 1, bench.Configuration.Encode());
        bench.Ask(Peers.Append(2, term: 5, Position.Zero, []) with { Entries = [configuration] });
        Assert.False(Assert.IsType<VoteResponse>(Bench.Reply(bench.Save(), asked)).EmptyDisk);
    }

    [Fact]
    public void A_voter_that_has_a_log_refuses_a_founding()
    {
        var bench = new Bench(terms: [1]);
        bench.Ask(Peers.AskToFound(3, term: 5));
        bench.Save();
        Assert.NotNull(Assert.IsType<VoteResponse>(bench.Reply()).Refusal);
        var sameLog = Peers.AskToFound(3, term: 6) with { Last = Peers.At(1, 1) };
        bench.Ask(sameLog);
        bench.Save();
        Assert.Equal(VoteRefusal.NotEmpty, Assert.IsType<VoteResponse>(bench.Reply()).Refusal);
    }

    [Fact]
    public void A_voter_that_was_told_of_other_voters_refuses_a_founding()
    {
        var bench = new Bench();
        bench.Ask(Peers.AskToFound(3, term: 5, voters: [1, 2, 3, 4]));
        bench.Save();
        Assert.Equal(VoteRefusal.OtherVoters, Assert.IsType<VoteResponse>(bench.Reply()).Refusal);
    }

    [Fact]
    public void An_empty_voter_grants_a_candidate_that_has_a_log()
    {
        var bench = new Bench();
        bench.Ask(Peers.AskForVote(3, term: 5, last: Peers.At(4, 9)));
        bench.Save();
        Assert.Null(Assert.IsType<VoteResponse>(bench.Reply()).Refusal);
    }

    [Fact]
    public void A_node_that_is_not_named_founds_nothing()
    {
        var bench = new Bench(with: o => o with { Voters = [Peers.Name(2), Peers.Name(3)] });
        Assert.Empty(bench.Pass(10_000).ButAnnouncements());
    }

    [Fact]
    public void A_wiped_voters_empty_disk_does_not_vote_for_a_candidate_with_a_log()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        var wiped = Peers.Grant(2, bench.LastSent(2)) with { Header = Peers.Header(2, 0, disk: 22) with { Cluster = null }, EmptyDisk = true };
        bench.Answer(bench.LastSent(2), wiped);
        Assert.Empty(bench.Effects);
        Assert.Equal(Role.Candidate, bench.View.Role);
    }
}
