namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §6, from the follower's side: accept, refuse, remove what conflicts, learn what is committed.</summary>
public sealed class FollowingTests
{
    [Fact]
    public void A_follower_acknowledges_a_batch_when_it_is_on_disk_and_not_before()
    {
        var bench = new Bench(terms: [1]);
        Assert.Null(bench.Ask(Peers.Append(2, 1, Peers.At(1, 1), [1, 1])));
        Assert.Equal([Peers.At(1, 2), Peers.At(1, 3)], bench.Effects.OfType<Save>().Single().Entries.Select(e => e.Position));
        bench.Save();
        Assert.Equal((true, Peers.At(1, 3)), Acknowledged(bench.Reply()));
    }

    [Fact]
    public void A_repeated_batch_is_acknowledged_when_the_first_one_is_on_disk()
    {
        var bench = new Bench(terms: [1]);
        var batch = Peers.Append(2, 1, Peers.At(1, 1), [1, 1]);
        bench.Ask(batch);
        Assert.Null(bench.Ask(batch));
        Assert.Empty(bench.Effects.OfType<Save>());
        bench.Save();
        Assert.Equal((true, Peers.At(1, 3)), Acknowledged(bench.Reply()));
    }

    [Fact]
    public void A_heartbeat_acknowledges_no_more_than_it_verified()
    {
        var bench = new Bench(terms: [1, 1, 1]);
        Assert.Equal((true, Peers.At(1, 2)), Acknowledged(bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 2)))));
    }

    [Fact]
    public void A_heartbeat_waits_for_no_save_and_acknowledges_no_more_than_is_saved()
    {
        var bench = new Bench(terms: [1]);
        bench.Ask(Peers.Append(2, 1, Peers.At(1, 1), [1, 1]));
        Assert.Equal((true, Peers.At(1, 1)), Acknowledged(bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 3)))));
    }

    [Fact]
    public void The_first_answer_in_a_new_term_waits_until_that_term_is_on_disk()
    {
        var bench = new Bench(terms: [1]);
        Assert.Null(bench.Ask(Peers.Heartbeat(2, term: 5)));
        Assert.Equal(new HardState(new(5), null), bench.Effects.OfType<Save>().Single().Hard);
        bench.Save();
        Assert.Equal((true, Position.Zero), Acknowledged(bench.Reply()));
    }

    [Fact]
    public void A_message_of_an_older_term_is_refused_and_changes_nothing()
    {
        var bench = new Bench(terms: [1, 3], term: 5);
        var answer = Assert.IsType<RefusedResponse>(bench.Ask(Peers.Append(2, term: 4, Peers.At(1, 1), [4])));
        Assert.Equal((RequestRefusal.OlderTerm, new Term(5)), (answer.Why, answer.Header.Term));
        Assert.Equal(Peers.At(3, 2), bench.View.Last);
        Assert.False(bench.View.LeaderHeard);
    }

    [Fact]
    public void A_message_of_another_cluster_is_refused_and_raises_no_term()
    {
        var bench = new Bench(terms: [1]);
        var stranger = Peers.Append(2, term: 9, Peers.At(1, 1), [9]);
        stranger = stranger with { Header = stranger.Header with { Cluster = new(new(5, 5, 5, new byte[8])) } };
        Assert.Equal(RequestRefusal.OtherCluster, Assert.IsType<RefusedResponse>(bench.Ask(stranger)).Why);
        Assert.Equal((new Term(1), Peers.At(1, 1)), (bench.View.Term, bench.View.Last));
    }

    [Fact]
    public void An_answer_of_another_cluster_deposes_nobody()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        bench.Pass(100);
        var stranger = Peers.OlderTerm(2, term: 9);
        bench.Answer(bench.LastHeartbeat(2), stranger with { Header = stranger.Header with { Cluster = new(new(5, 5, 5, new byte[8])) } });
        Assert.True(bench.View.Serving);
    }

    [Theory]
    [InlineData(9, 9, 3, 6)] // beyond its end: its last position
    [InlineData(2, 6, 1, 3)] // another term there: skips all of term 3 back to the last of term 1
    [InlineData(3, 7, 3, 6)]
    public void At_a_mismatch_it_names_the_last_position_that_both_could_share_and_changes_nothing(
        long term, long index, long hintTerm, long hintIndex)
    {
        var bench = new Bench(terms: [1, 1, 1, 3, 3, 3], term: 9);
        var answer = bench.Ask(Peers.Append(2, 9, Peers.At(term, index), [9], commit: 7));
        Assert.Equal((false, Peers.At(hintTerm, hintIndex)), Acknowledged(answer));
        Assert.Empty(bench.Effects.OfType<Save>());
        Assert.Equal((Peers.At(3, 6), 0L), (bench.View.Last, bench.View.Commit));
    }

    [Fact]
    public void Entries_are_removed_from_the_first_one_that_conflicts()
    {
        var bench = new Bench(terms: [1, 1, 1, 2, 2], term: 3);
        bench.Ask(Peers.Append(2, 3, Peers.At(1, 2), [1, 3]));
        var save = Assert.Single(bench.Effects.OfType<Save>());
        Assert.Equal(4, save.RemoveFrom);
        Assert.Equal([Peers.At(3, 4)], save.Entries.Select(e => e.Position));
        Assert.Equal(Peers.At(3, 4), bench.View.Last);
    }

    [Fact]
    public void A_late_message_whose_entries_it_has_removes_nothing_after_them()
    {
        var bench = new Bench(terms: [1, 1, 1, 1, 1]);
        Assert.Equal((true, Peers.At(1, 3)), Acknowledged(bench.Ask(Peers.Append(2, 1, Peers.At(1, 1), [1, 1]))));
        Assert.Empty(bench.Effects.OfType<Save>());
        Assert.Equal(Peers.At(1, 5), bench.View.Last);
    }

    [Fact]
    public void Removing_entries_lowers_what_is_saved_at_once()
    {
        var bench = new Bench(terms: [1, 1, 1], term: 2);
        bench.Ask(Peers.Append(2, 2, Peers.At(1, 1), [2, 2]));
        Assert.Equal(1, bench.View.Saved);
        Assert.Equal((true, Peers.At(1, 1)), Acknowledged(bench.Ask(Peers.Heartbeat(2, 2, Peers.At(2, 3)))));
        bench.Save();
        Assert.Equal(3, bench.View.Saved);
    }

    [Fact]
    public void A_save_that_ends_after_a_removal_raises_what_is_saved_only_to_below_it()
    {
        var bench = new Bench(terms: [1]);
        bench.Ask(Peers.Append(2, 1, Peers.At(1, 1), [1, 1, 1]));
        var first = bench.Effects.OfType<Save>().Single().Ticket;
        bench.Ask(Peers.Append(3, 2, Peers.At(1, 2), [2]));
        bench.Step(new Saved(first));
        Assert.Equal(2, bench.View.Saved);
        bench.Save();
        Assert.Equal(3, bench.View.Saved);
    }

    [Fact]
    public void A_batch_is_a_success_only_if_the_term_is_still_its_own_when_it_is_on_disk()
    {
        var bench = new Bench(terms: [1]);
        bench.Ask(Peers.Append(2, 1, Peers.At(1, 1), [1]));
        var asked = bench.LastQuestion;
        bench.Ask(Peers.Heartbeat(3, term: 2));
        var refusal = Assert.IsType<RefusedResponse>(Bench.Reply(bench.Save(), asked));
        Assert.Equal(new Term(2), refusal.Header.Term);
    }

    [Fact]
    public void A_followers_commit_index_starts_at_what_it_has_applied()
    {
        Assert.Equal(2, new Bench(terms: [1, 1, 1], applied: 2).View.Commit);
    }

    [Fact]
    public void Its_commit_index_rises_to_what_this_very_message_verified()
    {
        var bench = new Bench(terms: [1, 1, 1, 1]);
        bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 2), commit: 4));
        Assert.Equal(2, bench.View.Commit);
        bench.Ask(Peers.Append(2, 1, Peers.At(1, 4), [1, 1], commit: 5));
        Assert.Equal(5, bench.View.Commit);
    }

    [Fact]
    public void Its_commit_index_never_falls()
    {
        var bench = new Bench(terms: [1, 1, 1]);
        bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 3), commit: 3));
        bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 3), commit: 1));
        bench.Ask(Peers.Heartbeat(2, 1, commit: 3));
        Assert.Equal(3, bench.View.Commit);
    }

    [Fact]
    public void Only_what_is_committed_and_saved_is_applied()
    {
        var bench = new Bench(terms: [1]);
        bench.Ask(Peers.Append(2, 1, Peers.At(1, 1), [1, 1], commit: 2));
        Assert.Equal([new Apply(1)], bench.Effects.OfType<Apply>());
        Assert.Equal([new Apply(2)], bench.Save().OfType<Apply>());
        bench.Ask(Peers.Heartbeat(2, 1, Peers.At(1, 3), commit: 3));
        Assert.Equal([new Apply(3)], bench.Effects.OfType<Apply>());
    }

    [Fact]
    public void A_configuration_counts_as_soon_as_it_is_appended_and_no_longer_than_it_stands()
    {
        var bench = new Bench(terms: [1], term: 2);
        var larger = bench.Configuration with { Voters = [.. bench.Configuration.Voters, new(Peers.Name(4), Peers.Disk(4))] };
        var entry = Entry.Create(Peers.At(2, 2), EntryKind.Configuration, 1, larger.Encode());
        bench.Ask(Peers.Append(2, 2, Peers.At(1, 1), []) with { Entries = [entry] });
        Assert.Equal(4, bench.View.Configuration!.Voters.Count);
        bench.Ask(Peers.Append(3, 3, Peers.At(1, 1), [3]));
        Assert.Equal(3, bench.View.Configuration!.Voters.Count);
    }

    private static (bool Matched, Position Acknowledged) Acknowledged(Response? response)
    {
        var append = Assert.IsType<AppendResponse>(response);
        return (append.Matched, append.Acknowledged);
    }
}
