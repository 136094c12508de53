namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §7: linearizable reads, by ReadIndex.</summary>
public sealed class ReadingTests
{
    [Fact]
    public void A_read_is_confirmed_by_messages_that_were_sent_after_it_came()
    {
        var bench = Serving();
        bench.Pass(100);
        var before = bench.LastHeartbeat(2);
        Assert.DoesNotContain(bench.Step(new Read(1)), e => e is ReadConfirmed);
        Assert.DoesNotContain(bench.Match(2, before), e => e is ReadConfirmed);
        Assert.Equal([new ReadConfirmed(1, 2)], bench.Match(2, bench.LastHeartbeat(2)).OfType<ReadConfirmed>());
    }

    [Fact]
    public void Many_reads_share_one_confirmation_but_none_joins_one_under_way()
    {
        var bench = Serving();
        bench.Step(new Read(1));
        var first = bench.LastHeartbeat(2);
        bench.Step(new Read(2));
        bench.Step(new Read(3));
        Assert.Empty(bench.Effects);
        Assert.Equal([new ReadConfirmed(1, 2)], bench.Match(2, first).OfType<ReadConfirmed>());
        Assert.Equal([new ReadConfirmed(2, 2), new ReadConfirmed(3, 2)], bench.Match(2, bench.LastHeartbeat(2)));
    }

    [Fact]
    public void A_read_sees_what_was_committed_when_it_came()
    {
        var bench = Serving();
        bench.Propose();
        bench.Save();
        bench.AllMatch();
        bench.Step(new Read(1));
        Assert.Contains(new ReadConfirmed(1, 3), bench.Match(2, bench.LastHeartbeat(2)));
    }

    [Fact]
    public void No_more_voters_are_asked_than_it_takes_and_the_one_that_answered_last()
    {
        var bench = Serving();
        bench.Sleep(5);
        bench.Step(new Read(1));
        Assert.Equal([Peers.Name(2)], Asked());
        bench.Match(2, bench.LastHeartbeat(2));
        bench.Pass(100);
        bench.Match(3, bench.LastHeartbeat(3));
        bench.Step(new Read(2));
        Assert.Equal([Peers.Name(3)], Asked());

        IEnumerable<NodeName> Asked() => bench.Effects.OfType<Send>().Select(s => s.To);
    }

    [Fact]
    public void Where_the_one_that_was_asked_is_silent_the_answer_to_the_next_heartbeat_confirms()
    {
        var bench = Serving();
        bench.Step(new Read(1));
        Assert.Empty(bench.Pass(90).OfType<ReadConfirmed>());
        bench.PassUntil<Send>();
        Assert.Contains(new ReadConfirmed(1, 2), bench.Match(3, bench.LastHeartbeat(3)));
    }

    [Fact]
    public void A_disk_that_does_not_count_confirms_nothing()
    {
        var bench = Serving();
        bench.Step(new Read(1));
        var heartbeat = bench.LastHeartbeat(2);
        Assert.DoesNotContain(bench.Answer(heartbeat, Peers.Matched(2, heartbeat, bench.Now, disk: 22)), e => e is ReadConfirmed);
    }

    [Fact]
    public void A_leader_whose_noop_is_not_applied_confirms_nothing()
    {
        var bench = new Bench(terms: [1]);
        bench.Elect();
        bench.Save();
        bench.AllMatch();
        Assert.Equal([new ReadFailed(1)], bench.Step(new Read(1)));
        Assert.Null(Assert.IsType<ReadIndexResponse>(bench.Ask(new ReadIndexRequest(Peers.Header(2, 2)))).Index);
        bench.Apply(2);
        Assert.Empty(bench.Step(new Read(2)).OfType<ReadFailed>());
    }

    [Fact]
    public void A_leader_answers_another_nodes_read_when_it_is_confirmed()
    {
        var bench = Serving();
        Assert.Null(bench.Ask(new ReadIndexRequest(Peers.Header(3, 2))));
        bench.Match(2, bench.LastHeartbeat(2));
        Assert.Equal(2, Assert.IsType<ReadIndexResponse>(bench.Reply()).Index);
    }

    [Fact]
    public void A_single_voter_confirms_its_own_reads()
    {
        var bench = new Bench(terms: [1], voters: 1);
        bench.Stand();
        bench.Save();
        bench.Save();
        bench.Apply(2);
        Assert.Equal([new ReadConfirmed(1, 2)], bench.Step(new Read(1)));
    }

    [Fact]
    public void A_follower_asks_its_leader_once_at_a_time()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        bench.Step(new Read(1));
        var first = bench.LastSent(2);
        Assert.IsType<ReadIndexRequest>(first.Request);
        Assert.Empty(bench.Step(new Read(2)));
        bench.Answer(first, new ReadIndexResponse(Peers.Header(2, 1), 0, 7));
        Assert.Equal(new ReadConfirmed(1, 7), bench.Effects[0]);
        var second = Assert.IsType<Send>(bench.Effects[1]);
        Assert.Equal([new ReadConfirmed(2, 8)], bench.Answer(second, new ReadIndexResponse(Peers.Header(2, 1), 0, 8)));
    }

    [Fact]
    public void A_follower_that_gets_no_confirmation_fails_the_read()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        bench.Step(new Read(1));
        Assert.Equal([new ReadFailed(1)], bench.Step(new Unanswered(Peers.Name(2), bench.LastSent(2).Sequence)));
        bench.Step(new Read(2));
        Assert.Equal([new ReadFailed(2)], bench.Answer(bench.LastSent(2), new ReadIndexResponse(Peers.Header(2, 1), 0, null)));
    }

    [Fact]
    public void A_follower_that_hears_no_leader_asks_nobody()
    {
        var bench = new Bench(terms: [1]);
        Assert.Equal([new ReadFailed(1)], bench.Step(new Read(1)));
        bench.Hear();
        bench.Sleep(1000);
        Assert.Contains(new ReadFailed(2), bench.Step(new Read(2)));
    }

    [Fact]
    public void A_follower_that_is_asked_confirms_nothing()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        Assert.Null(Assert.IsType<ReadIndexResponse>(bench.Ask(new ReadIndexRequest(Peers.Header(3, 1)))).Index);
    }

    private static Bench Serving()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        return bench;
    }
}
