namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §9, lost disks: out, then in, when the old disk has not been heard for long.</summary>
public sealed class LostDiskTests
{
    private static readonly Configuration Out = new Bench(terms: [1]).Configuration.Without(Peers.Name(3), replacing: true);

    [Fact]
    public void A_voters_new_disk_takes_the_place_of_the_lost_one_after_ReplaceAfter_out_then_in()
    {
        var bench = Serving();
        bench.Disks[3] = 33;
        Assert.Empty(Changes(bench.Live(30_000)));
        var changes = Changes(bench.Live(1000));
        Assert.Equal(2, changes.Count);
        Assert.Equal(Out.Voters, changes[0].Voters);
        Assert.Equal(Out.Replacing, changes[0].Replacing);
        Assert.Equal([.. Out.Voters, new(Peers.Name(3), Peers.Disk(33))], changes[1].Voters);
        Assert.Empty(changes[1].Replacing);
        Assert.True(bench.Follower(3)!.Counts);
        Assert.Empty(Changes(bench.Live(60_000)));
    }

    [Fact]
    public void The_new_disk_comes_in_only_when_the_old_one_is_out_for_good()
    {
        var bench = Serving();
        bench.Disks[3] = 33;
        bench.Live(29_000);
        bench.Stalled.Add(2);
        Assert.Single(Changes(bench.Live(5000)));
        Assert.Equal([Peers.Name(3)], bench.View.Configuration!.Replacing);
        bench.Stalled.Clear();
        Assert.Single(Changes(bench.Live(500)));
        Assert.Empty(bench.View.Configuration!.Replacing);
    }

    [Fact]
    public void A_new_disk_that_has_not_caught_up_takes_nobodys_place()
    {
        var bench = new Bench(terms: [.. Enumerable.Repeat(1L, 3000)]);
        bench.Serve();
        bench.Disks[3] = 33;
        bench.Stalled.Add(3);
        Assert.Empty(Changes(bench.Live(60_000)));
        bench.Stalled.Clear();
        Assert.Equal(2, Changes(bench.Live(1000)).Count);
    }

    [Fact]
    public void The_old_disk_heard_once_more_begins_the_wait_anew()
    {
        var bench = Serving();
        bench.Disks[3] = 33;
        bench.Live(20_000);
        bench.Disks.Remove(3);
        bench.Live(200);
        bench.Disks[3] = 33;
        Assert.Empty(Changes(bench.Live(29_500)));
        Assert.Equal(2, Changes(bench.Live(1500)).Count);
    }

    [Fact]
    public void A_voter_that_only_does_not_answer_keeps_its_place()
    {
        var bench = Serving();
        bench.Silent.Add(3);
        Assert.Empty(Changes(bench.Live(90_000)));
    }

    [Fact]
    public void A_new_disk_that_went_silent_takes_nobodys_place()
    {
        var bench = Serving();
        bench.Disks[3] = 33;
        bench.Live(20_000);
        bench.Silent.Add(3);
        Assert.Empty(Changes(bench.Live(60_000)));
    }

    [Fact]
    public void Manual_leaves_it_to_the_operator()
    {
        var bench = new Bench(terms: [1], with: o => o with { ReplaceAfter = null });
        bench.Serve();
        bench.Disks[3] = 33;
        Assert.Empty(Changes(bench.Live(90_000)));
    }

    [Fact]
    public void A_later_leader_goes_on_where_the_disk_is_out_and_does_not_wait_again()
    {
        var bench = new Bench(terms: [1], configured: _ => Out);
        bench.Serve();
        Assert.Empty(Changes(bench.Live(1000)));
        bench.Join(3, disk: 33);
        Assert.Equal(new Voter(Peers.Name(3), Peers.Disk(33)), bench.View.Configuration!.Voters[^1]);
        Assert.Empty(bench.View.Configuration.Replacing);
    }

    [Fact]
    public void The_operator_may_end_a_replacement_that_never_comes()
    {
        var bench = new Bench(terms: [1], configured: _ => Out);
        bench.Serve();
        Assert.Single(bench.Step(new ChangeVoters(Peers.Name(3), Votes: false)).OfType<VotersChanged>());
        Assert.Empty(bench.View.Configuration!.Replacing);
        bench.Live(100);
        bench.Join(3, disk: 33);
        Assert.False(bench.Follower(3)!.Counts);
    }

    [Fact]
    public void Nobody_is_replaced_while_leadership_is_handed_over()
    {
        var bench = Serving();
        bench.Disks[3] = 33;
        bench.Live(29_900);
        bench.Stalled.Add(2);
        bench.Propose();
        bench.Step(new TransferLeadership(Peers.Name(2)));
        Assert.Empty(Changes(bench.Live(900)));
    }

    [Fact]
    public void A_configuration_that_replaces_a_disk_survives_the_log()
    {
        Assert.Equal([Peers.Name(3)], Configuration.Decode(Out.Encode().Span).Replacing);
    }

    private static List<Configuration> Changes(IEnumerable<Effect> effects) =>
    [
        .. effects.OfType<Save>().SelectMany(s => s.Entries).Where(e => e.Kind == EntryKind.Configuration)
            .Select(e => Configuration.Decode(e.Payload.Span)),
    ];

    private static Bench Serving()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        return bench;
    }
}
