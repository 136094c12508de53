namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §4, transfer: a leader that is to go orders a voter to campaign, once, when that voter has everything.</summary>
public sealed class TransferTests
{
    [Fact]
    public void A_leader_orders_its_successor_when_all_is_applied_here_and_held_there()
    {
        var bench = Serving();
        bench.Propose();
        Assert.DoesNotContain(bench.Step(new TransferLeadership(Peers.Name(3))), e => e is Send);
        bench.Save();
        bench.Match(2, bench.LastBatch(2));
        Assert.DoesNotContain(bench.Apply(3), e => e is Send { Request: TransferRequest });
        var order = Assert.Single(bench.Match(3, bench.LastBatch(3)).OfType<Send>(), s => s.Request is TransferRequest);
        Assert.Equal((Peers.Name(3), Peers.At(2, 3)), (order.To, ((TransferRequest)order.Request).Last));
        Assert.DoesNotContain(bench.PassAsLeader(500), e => e is Send { Request: TransferRequest });
    }

    [Fact]
    public void The_order_is_void_when_the_leader_serves_on()
    {
        var bench = Serving();
        bench.Propose();
        bench.Step(new TransferLeadership(Peers.Name(2)));
        bench.Save();
        bench.Match(3, bench.LastBatch(3));
        bench.Apply(3);
        bench.PassAsLeader(400);
        var order = bench.Match(2, bench.LastBatch(2)).OfType<Send>().Select(s => s.Request).OfType<TransferRequest>().Single();
        Assert.Equal(TimeSpan.FromMilliseconds(600), order.Within);
    }

    [Fact]
    public void A_refused_order_ends_the_transfer_at_once()
    {
        var bench = Serving();
        bench.Step(new TransferLeadership(Peers.Name(2)));
        var order = bench.LastSent(2);
        Assert.IsType<TransferRequest>(order.Request);
        bench.Answer(order, new TransferResponse(Peers.Header(2, 2), 0, Obeyed: false));
        Assert.Null(bench.View.TransferTo);
        Assert.Equal(Peers.At(2, 3), bench.Propose());
    }

    [Fact]
    public void An_obeyed_order_does_not_end_the_transfer()
    {
        var bench = Serving();
        bench.Step(new TransferLeadership(Peers.Name(2)));
        bench.Answer(bench.LastSent(2), new TransferResponse(Peers.Header(2, 2), 0, Obeyed: true));
        Assert.Equal(Peers.Name(2), bench.View.TransferTo);
    }

    [Fact]
    public void The_most_caught_up_voter_is_chosen_if_none_is_named()
    {
        var bench = Serving();
        bench.Propose();
        bench.Save();
        bench.Match(3, bench.LastBatch(3));
        bench.Step(new TransferLeadership(null));
        Assert.Equal(Peers.Name(3), bench.View.TransferTo);
    }

    [Fact]
    public void New_writes_are_held_back_until_the_transfer_is_over_and_then_taken_again()
    {
        var bench = Serving();
        bench.Step(new TransferLeadership(Peers.Name(2)));
        Assert.Contains(bench.Step(new Propose([new byte[] { 1 }])), e => e is NotProposed);
        bench.PassAsLeader(1000);
        Assert.Null(bench.View.TransferTo);
        Assert.Equal(Peers.At(2, 3), bench.Propose());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    public void Leadership_is_not_handed_to_itself_or_to_a_stranger(int to)
    {
        var bench = Serving();
        Assert.Single(bench.Step(new TransferLeadership(Peers.Name(to))).OfType<TransferRefused>());
        Assert.Equal(Peers.At(2, 3), bench.Propose());
    }

    [Fact]
    public void Leadership_is_not_handed_to_a_voter_that_does_not_answer()
    {
        var bench = Serving();
        for (var i = 0; i < 10; i++)
        {
            bench.Pass(100);
            bench.Match(3, bench.LastHeartbeat(3));
        }

        Assert.True(bench.View.Serving);
        Assert.Single(bench.Step(new TransferLeadership(Peers.Name(2))).OfType<TransferRefused>());
    }

    [Fact]
    public void A_follower_obeys_its_leader_once_and_its_voters_need_not_wait_for_silence()
    {
        var bench = Following();
        Assert.True(Assert.IsType<TransferResponse>(bench.Ask(Order(bench))).Obeyed);
        Assert.Equal(new HardState(new(2), Peers.Disk(1)), bench.Effects.OfType<Save>().Single().Hard);
        var requests = bench.Save().OfType<Send>().Select(s => (VoteRequest)s.Request).ToList();
        Assert.All(requests, r => Assert.Equal((true, false, new Term(2)), (r.Ordered, r.PreVote, r.Header.Term)));
        Assert.Equal(2, requests.Count);
    }

    [Fact]
    public void An_order_is_not_obeyed_twice()
    {
        var bench = Following();
        var order = Order(bench);
        bench.Ask(order);
        Assert.IsType<RefusedResponse>(bench.Ask(order));
    }

    [Fact]
    public void An_order_from_another_than_the_leader_is_not_obeyed()
    {
        var bench = Following();
        AssertDisobeyed(bench, Order(bench) with { Header = Peers.Header(3, 1) });
        AssertDisobeyed(bench, Order(bench) with { Header = Peers.Header(2, 1, disk: 22) });
    }

    [Fact]
    public void An_order_for_a_log_that_holds_more_is_not_obeyed()
    {
        var bench = Following();
        AssertDisobeyed(bench, Order(bench) with { Last = new(bench.View.Last.Term, bench.View.Last.Index + 1) });
    }

    [Fact]
    public void An_order_that_was_delayed_past_its_deadline_is_not_obeyed()
    {
        var bench = Following();
        var order = Order(bench);
        bench.Sleep(501);
        bench.Hear();
        AssertDisobeyed(bench, order);
    }

    [Fact]
    public void An_order_with_a_stamp_of_another_process_is_not_obeyed()
    {
        var bench = Following();
        AssertDisobeyed(bench, Order(bench) with { Stamp = new(78, bench.Now) });
    }

    [Fact]
    public void An_ordered_candidate_is_granted_although_the_leader_is_heard()
    {
        var bench = Following();
        bench.Ask(Peers.AskForVote(3, term: 2, last: Peers.At(1, 1)) with { Ordered = true });
        bench.Save();
        Assert.Null(Assert.IsType<VoteResponse>(bench.Reply()).Refusal);
    }

    [Fact]
    public void An_ordered_candidate_with_a_shorter_log_is_refused()
    {
        var bench = new Bench(terms: [1, 1]);
        bench.Hear();
        bench.Ask(Peers.AskForVote(3, term: 2, last: Peers.At(1, 1)) with { Ordered = true });
        bench.Save();
        Assert.Equal(VoteRefusal.LogBehind, Assert.IsType<VoteResponse>(bench.Reply()).Refusal);
    }

    [Fact]
    public void An_ordered_leader_replaces_its_predecessors_lease_without_waiting_for_its_end()
    {
        var bench = Following();
        bench.Ask(Order(bench));
        bench.Save();
        bench.AllGrant();
        Assert.Equal(Role.Leader, bench.View.Role);
        Assert.Contains(new LeaseCall.Replace("t9"), bench.Pass(10));
    }

    [Fact]
    public void Under_the_strict_rule_an_ordered_leader_has_CampaignLimit_to_get_the_lease()
    {
        var bench = OrderedUnderTheStrictRule();
        bench.PassAsLeader(990);
        Assert.Equal(Role.Leader, bench.View.Role);
        bench.PassAsLeader(10);
        Assert.Equal(Role.Follower, bench.View.Role);
    }

    [Fact]
    public void Under_the_strict_rule_an_ordered_leader_with_the_lease_stays()
    {
        var bench = OrderedUnderTheStrictRule();
        bench.Tick();
        bench.Step(bench.Granted());
        bench.PassAsLeader(2000);
        Assert.Equal(Role.Leader, bench.View.Role);
    }

    [Fact]
    public void Under_the_strict_rule_only_an_ordered_leader_is_waited_for()
    {
        var bench = new Bench(terms: [1], with: Strict);
        bench.Stand();
        bench.AllGrant();
        bench.Step(new LeaseAnswer.Lost());
        bench.Save();
        bench.AllGrant();
        bench.Pass(10);
        Assert.Equal((Role.Follower, new Term(2)), (bench.View.Role, bench.View.Term));
        Assert.Contains("StepDown", bench.View.Refusal, StringComparison.Ordinal);
    }

    private static ReplicaOptions Strict(ReplicaOptions options) => options with { Lease = new() { StepDownOnLoss = true } };

    private static Bench OrderedUnderTheStrictRule()
    {
        var bench = new Bench(terms: [1], with: Strict);
        bench.Hear(token: "t9");
        bench.Ask(Order(bench));
        bench.Save();
        bench.AllGrant();
        Assert.Equal(Role.Leader, bench.View.Role);
        return bench;
    }

    private static TransferRequest Order(Bench bench) =>
        new(Peers.Header(2, 1), bench.View.Last, new(77, bench.Now), TimeSpan.FromMilliseconds(500));

    private static void AssertDisobeyed(Bench bench, TransferRequest order)
    {
        Assert.False(Assert.IsType<TransferResponse>(bench.Ask(order)).Obeyed);
        Assert.Equal((Role.Follower, new Term(1)), (bench.View.Role, bench.View.Term));
    }

    private static Bench Following()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear(token: "t9");
        return bench;
    }

    private static Bench Serving()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        return bench;
    }
}
