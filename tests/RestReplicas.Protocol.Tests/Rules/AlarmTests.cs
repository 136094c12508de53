namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>What can only be damage or a bug stops the node: it must not go on, and must not guess (protocol.md §6, §9, §11).</summary>
public sealed class AlarmTests
{
    [Fact]
    public void A_message_that_would_remove_a_committed_entry_stops_the_node()
    {
        var bench = new Bench(terms: [1, 1, 1], term: 2, applied: 3);
        Stops(() => bench.Ask(Peers.Append(2, 2, Peers.At(1, 1), [2])));
    }

    [Fact]
    public void A_leader_whose_log_differs_below_the_commit_index_stops_the_node()
    {
        var bench = new Bench(terms: [1, 1, 1], term: 2, applied: 2);
        Stops(() => bench.Ask(Peers.Append(2, 3, Peers.At(2, 2), [3])));
    }

    [Fact]
    public void A_second_leader_of_the_same_term_stops_the_first()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        Stops(() => bench.Ask(Peers.Heartbeat(2, term: 2)));
    }

    [Fact]
    public void A_second_leader_of_the_same_term_stops_a_follower_of_the_first()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        Stops(() => bench.Ask(Peers.Heartbeat(3, term: 1)));
    }

    [Fact]
    public void A_follower_that_acknowledges_more_than_there_is_stops_the_leader()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        bench.Propose();
        var batch = bench.LastBatch(2);
        Stops(() => bench.Answer(batch, Peers.Matched(2, batch, bench.Now) with { Acknowledged = Peers.At(2, 9) }));
    }

    [Fact]
    public void A_configuration_of_another_cluster_stops_the_node()
    {
        var bench = new Bench(terms: [1]);
        var stranger = bench.Configuration with { Cluster = new(new(5, 5, 5, new byte[8])) };
        var entry = Entry.Create(Peers.At(1, 2), EntryKind.Configuration, 1, stranger.Encode());
        Stops(() => bench.Ask(Peers.Append(2, 1, Peers.At(1, 1), []) with { Entries = [entry] }));
    }

    [Fact]
    public void A_file_that_has_applied_more_than_it_holds_is_not_started_from()
    {
        Stops(() => _ = new Bench(terms: [1], applied: 2));
    }

    [Fact]
    public void A_monotonic_clock_that_goes_back_stops_the_node()
    {
        var bench = new Bench(terms: [1]);
        bench.Tick();
        bench.Sleep(-1);
        Stops(() => bench.Tick());
    }

    [Fact]
    public void A_save_that_was_not_asked_for_stops_the_node()
    {
        var bench = new Bench(terms: [1]);
        Stops(() => bench.Step(new Saved(1)));
    }

    [Fact]
    public void An_entry_that_was_not_to_be_applied_stops_the_node()
    {
        var bench = new Bench(terms: [1]);
        Stops(() => bench.Apply(1));
    }

    [Fact]
    public void An_entry_whose_bytes_were_changed_is_not_intact()
    {
        var entry = Entry.Create(Peers.At(3, 7), EntryKind.Command, 5, new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9 });
        Assert.True(entry.IsIntact);
        Assert.False((entry with { Position = Peers.At(3, 8) }).IsIntact);
        Assert.False((entry with { Position = Peers.At(4, 7) }).IsIntact);
        Assert.False((entry with { Kind = EntryKind.Noop }).IsIntact);
        Assert.False((entry with { Timestamp = 6 }).IsIntact);
        for (var i = 0; i < 9; i++)
        {
            var payload = entry.Payload.ToArray();
            payload[i] ^= 0x10;
            Assert.False((entry with { Payload = payload }).IsIntact);
        }
    }

    private static void Stops(Action act) => Assert.Throws<InvariantBrokenException>(act);
}
