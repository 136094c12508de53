namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §10: voters change one at a time, by an entry that is in force when it is appended.</summary>
public sealed class ChangingVotersTests
{
    [Fact]
    public void A_learner_that_has_caught_up_becomes_a_voter_with_the_disk_that_answers()
    {
        var bench = Serving();
        bench.Join(4, disk: 44);
        var changed = Assert.Single(Change(bench, 4, votes: true).OfType<VotersChanged>());
        var entry = Assert.Single(bench.Effects.OfType<Save>().Single().Entries);
        Assert.Equal((changed.Position, EntryKind.Configuration), (entry.Position, entry.Kind));
        Assert.Equal(new Voter(Peers.Name(4), Peers.Disk(44)), Configuration.Decode(entry.Payload.Span).Voters[^1]);
        Assert.Equal(4, bench.View.Configuration!.Voters.Count);
        Assert.True(bench.Follower(4)!.Counts);
    }

    [Fact]
    public void A_new_voter_counts_from_the_append_on()
    {
        var bench = Serving();
        bench.Join(4);
        Change(bench, 4, votes: true);
        bench.Save();
        bench.Match(2, bench.LastBatch(2));
        Assert.Equal(2, bench.View.Commit); // two of four
        bench.Match(4, bench.LastBatch(4));
        Assert.Equal(3, bench.View.Commit);
    }

    [Fact]
    public void A_voter_that_goes_counts_no_more_from_the_append_on_and_is_fed_as_a_learner()
    {
        var bench = Serving();
        Change(bench, 3, votes: false);
        bench.Save();
        bench.Match(3, bench.LastBatch(3));
        Assert.Equal((3, 2), (bench.Follower(3)!.Match, bench.View.Commit));
        Assert.False(bench.Follower(3)!.Counts);
        bench.Match(2, bench.LastBatch(2));
        Assert.Equal(3, bench.View.Commit);
        Assert.Empty(bench.View.Configuration!.Replacing);
    }

    [Fact]
    public void The_next_change_waits_until_the_one_before_is_committed()
    {
        var bench = Serving();
        bench.Join(4);
        bench.Join(5);
        Assert.Single(Change(bench, 4, votes: true).OfType<VotersChanged>());
        AssertRefused(bench, 5, votes: true, "Another change");
        AssertRefused(bench, 3, votes: false, "Another change");
        bench.Save();
        bench.Match(2, bench.LastBatch(2));
        AssertRefused(bench, 5, votes: true, "Another change");
        bench.Match(4, bench.LastBatch(4));
        Assert.Single(Change(bench, 5, votes: true).OfType<VotersChanged>());
    }

    [Fact]
    public void Nothing_changes_before_an_entry_of_the_leaders_own_term_is_committed()
    {
        var bench = new Bench(terms: [1]);
        bench.Elect();
        AssertRefused(bench, 3, votes: false, "does not lead");
    }

    [Fact]
    public void A_follower_changes_nothing()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        AssertRefused(bench, 3, votes: false, "does not lead");
    }

    [Fact]
    public void Nothing_changes_while_leadership_is_handed_over()
    {
        var bench = Serving();
        bench.Join(4);
        bench.Step(new TransferLeadership(Peers.Name(2)));
        AssertRefused(bench, 4, votes: true, "hands leadership over");
    }

    [Fact]
    public void A_leader_does_not_remove_itself()
    {
        AssertRefused(Serving(), 1, votes: false, "hand leadership over first");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_voter_is_not_added_twice(int voter)
    {
        AssertRefused(Serving(), voter, votes: true, "voter already");
    }

    [Fact]
    public void Who_is_no_voter_is_not_removed()
    {
        var bench = Serving();
        bench.Join(4);
        AssertRefused(bench, 4, votes: false, "no voter");
        AssertRefused(bench, 9, votes: false, "no voter");
    }

    [Fact]
    public void A_voters_new_disk_does_not_take_its_place_in_one_step()
    {
        var bench = Serving();
        bench.Disks[3] = 33;
        bench.Live(500);
        AssertRefused(bench, 3, votes: true, "another disk");
        Change(bench, 3, votes: false);
        bench.Live(300);
        Assert.Single(Change(bench, 3, votes: true).OfType<VotersChanged>());
        Assert.True(bench.View.Configuration!.Names(Peers.Name(3), Peers.Disk(33)));
    }

    [Fact]
    public void Removing_a_live_voter_is_refused_if_too_few_of_the_rest_are_alive()
    {
        var bench = Serving();
        bench.Silent.Add(3);
        bench.Live(1000);
        AssertRefused(bench, 2, votes: false, "Too few");
        Assert.Single(Change(bench, 3, votes: false).OfType<VotersChanged>());
    }

    [Fact]
    public void A_learner_that_does_not_answer_any_more_is_not_added()
    {
        var bench = Serving();
        bench.Join(4);
        bench.Silent.Add(4);
        bench.Live(1000);
        AssertRefused(bench, 4, votes: true, "not caught up");
        AssertRefused(bench, 9, votes: true, "not caught up");
    }

    [Fact]
    public void A_learner_that_lacks_more_than_a_batch_has_not_caught_up()
    {
        var bench = new Bench(terms: [.. Enumerable.Repeat(1L, 3000)]);
        bench.Serve();
        bench.Ask(Peers.Announce(4));
        bench.Answer(bench.LastBatch(4), Peers.Mismatch(4, bench.LastBatch(4), bench.Now, Position.Zero));
        AssertRefused(bench, 4, votes: true, "not caught up");
        var batch = bench.LastBatch(4);
        bench.Answer(batch, Peers.Matched(4, batch, bench.Now) with { Acknowledged = Peers.At(1, 3001 - 1025) });
        AssertRefused(bench, 4, votes: true, "not caught up");

        // A batch would bring the rest, but not everything that was there when this leader began.
        batch = bench.LastBatch(4);
        bench.Answer(batch, Peers.Matched(4, batch, bench.Now) with { Acknowledged = Peers.At(1, 3001 - 1) });
        AssertRefused(bench, 4, votes: true, "not caught up");
        batch = bench.LastBatch(4);
        bench.Answer(batch, Peers.Matched(4, batch, bench.Now) with { Acknowledged = bench.View.Last });
        Assert.Single(Change(bench, 4, votes: true).OfType<VotersChanged>());
    }

    [Fact]
    public void A_learner_on_a_copy_of_a_voters_disk_is_not_added()
    {
        var bench = Serving();
        bench.Join(4, disk: 2);
        AssertRefused(bench, 4, votes: true, "not caught up");
    }

    [Fact]
    public void A_learner_that_forgot_what_it_acknowledged_is_not_added()
    {
        var bench = Serving();
        bench.Join(4);
        bench.Pass(100);
        bench.Answer(bench.LastHeartbeat(4), Peers.Mismatch(4, bench.LastHeartbeat(4), bench.Now, Position.Zero));
        AssertRefused(bench, 4, votes: true, "not caught up");
    }

    [Fact]
    public void A_lone_voter_takes_a_second_one_and_needs_it_from_then_on()
    {
        var bench = new Bench(terms: [1], voters: 1);
        bench.Stand();
        bench.Save();
        bench.Live(100);
        bench.Join(2);
        Change(bench, 2, votes: true);
        bench.Save();
        Assert.Equal(2, bench.View.Commit);
        bench.Match(2, bench.LastBatch(2));
        Assert.Equal(3, bench.View.Commit);
        bench.Silent.Add(2);
        bench.Live(1000);
        Assert.Equal(Role.Follower, bench.View.Role);
    }

    private static List<Effect> Change(Bench bench, int number, bool votes) => bench.Step(new ChangeVoters(Peers.Name(number), votes));

    private static void AssertRefused(Bench bench, int number, bool votes, string why)
    {
        var before = bench.View.Configuration;
        var refused = Assert.IsType<VotersRefused>(Assert.Single(Change(bench, number, votes)));
        Assert.Contains(why, refused.Why, StringComparison.Ordinal);
        Assert.Equal(before, bench.View.Configuration);
    }

    private static Bench Serving()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        bench.Live(200);
        return bench;
    }
}
