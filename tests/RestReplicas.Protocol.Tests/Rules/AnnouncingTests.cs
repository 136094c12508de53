namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §10: who hears no leader says where it is, and the leader feeds it from then on.</summary>
public sealed class AnnouncingTests
{
    [Fact]
    public void A_node_that_hears_no_leader_tells_the_voters_in_turn_every_second_or_two()
    {
        var bench = new Bench(with: o => o with { Name = Peers.Name(4), Address = Address });
        Assert.Empty(bench.Pass(990).OfType<Send>());
        List<NodeName> told = [];
        List<int> waits = [];
        for (var i = 0; i < 6; i++)
        {
            waits.Add(bench.PassUntil<Send>());
            var send = Assert.Single(bench.Effects.OfType<Send>());
            Assert.Equal(Address, Assert.IsType<AnnounceRequest>(send.Request).Address);
            told.Add(send.To);
        }

        Assert.Equal([1, 2, 3, 1, 2, 3], told.Select(Peers.Number));
        Assert.All(waits[1..], w => Assert.InRange(w, 1000, 2010));
    }

    [Fact]
    public void It_tells_the_voters_of_its_log_too_and_never_itself()
    {
        var bench = new Bench(terms: [1], voters: 3, with: o => o with { Voters = [Peers.Name(1), Peers.Name(7)], Lease = new() });
        var told = bench.Pass(10_000).OfType<Send>().Select(s => Peers.Number(s.To)).Distinct();
        Assert.Equal([2, 3, 7], told.Order());
    }

    [Fact]
    public void Who_hears_a_leader_does_not_announce_itself()
    {
        var bench = new Bench(terms: [1], named: false);
        for (var i = 0; i < 50; i++)
        {
            bench.Hear();
            Assert.Empty(bench.Pass(100).OfType<Send>());
        }
    }

    [Fact]
    public void A_leader_does_not_announce_itself()
    {
        var bench = Serving();
        Assert.DoesNotContain(bench.Live(5000), e => e is Send { Request: AnnounceRequest });
    }

    [Fact]
    public void The_leader_says_that_it_leads_and_feeds_whoever_announced_itself_in_the_same_step()
    {
        var bench = Serving();
        var answer = Assert.IsType<AnnounceResponse>(bench.Ask(Peers.Announce(4)));
        Assert.Equal((Bench.Self, bench.Options.Address), (answer.Leader, answer.Address));
        var batch = Assert.Single(bench.Effects.OfType<Send>());
        Assert.Equal((Peers.Name(4), true), (batch.To, batch.IsBatch));
        Assert.Contains(bench.Pass(100).OfType<Send>(), s => s.To == Peers.Name(4) && !s.IsBatch);
    }

    [Fact]
    public void A_follower_says_whom_it_follows_and_feeds_nobody()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        var answer = Assert.IsType<AnnounceResponse>(bench.Ask(Peers.Announce(4)));
        Assert.Equal((Peers.Name(2), new NodeAddress("http://n2", "http://n2:9")), (answer.Leader, answer.Address));
        Assert.Single(bench.Effects);
    }

    [Fact]
    public void Who_hears_no_leader_itself_names_none()
    {
        var bench = new Bench(terms: [1]);
        bench.Hear();
        bench.Sleep(1000);
        var answer = Assert.IsType<AnnounceResponse>(bench.Ask(Peers.Announce(4)));
        Assert.Equal((null, null), (answer.Leader, answer.Address));
    }

    [Fact]
    public void Told_who_leads_it_tells_that_one_at_once()
    {
        var bench = Announcing();
        var send = Assert.Single(bench.Answer(bench.LastSent(2), Told(2, leader: 3)).OfType<Send>());
        Assert.Equal(Peers.Name(3), send.To);
        Assert.IsType<AnnounceRequest>(send.Request);
    }

    [Theory]
    [InlineData(2)] // the answering node itself: it knows now
    [InlineData(1)] // this node, as far as that one knows
    public void Told_that_nobody_else_leads_it_tells_nobody_else(int leader)
    {
        var bench = Announcing();
        Assert.Empty(bench.Answer(bench.LastSent(2), Told(2, leader)));
    }

    [Fact]
    public void Told_who_leads_when_a_leader_is_heard_again_it_leaves_it_at_that()
    {
        var bench = Announcing();
        var announced = bench.LastSent(2);
        bench.Hear();
        Assert.Empty(bench.Answer(announced, Told(2, leader: 3)));
    }

    [Fact]
    public void An_announcement_raises_no_term()
    {
        var bench = Serving();
        bench.Ask(Peers.Announce(4, term: 9, blank: false));
        Assert.Equal((Role.Leader, new Term(2)), (bench.View.Role, bench.View.Term));
        Assert.Empty(bench.Effects.OfType<Save>());
    }

    [Fact]
    public void A_node_of_another_cluster_is_not_fed()
    {
        var bench = Serving();
        var stranger = Peers.Announce(4) with { Header = Peers.Header(4, 0) with { Cluster = new(Guid.Empty) } };
        Assert.Equal(RequestRefusal.OtherCluster, Assert.IsType<RefusedResponse>(bench.Ask(stranger)).Why);
        Assert.Null(bench.Follower(4));
    }

    [Fact]
    public void Nobody_is_fed_under_the_leaders_own_name()
    {
        var bench = Serving();
        bench.Ask(Peers.Announce(1, disk: 11));
        Assert.Equal([2, 3], bench.View.Followers.Select(f => Peers.Number(f.Name)));
        Assert.Empty(bench.Effects.OfType<Send>());
    }

    [Fact]
    public void Who_announces_itself_again_is_not_fed_from_the_start_again()
    {
        var bench = Serving();
        bench.Join(4);
        Assert.Equal(2, bench.Follower(4)!.Match);
        bench.Ask(Peers.Announce(4));
        Assert.Empty(bench.Effects.OfType<Send>());
        Assert.Equal(2, bench.Follower(4)!.Match);
    }

    [Fact]
    public void The_number_of_nodes_that_one_leader_feeds_is_bounded()
    {
        var bench = Serving();
        for (var i = 4; i < 200; i++)
        {
            Assert.IsType<AnnounceResponse>(bench.Ask(Peers.Announce(i)));
        }

        Assert.Equal(64, bench.View.Followers.Count);
    }

    [Fact]
    public void A_learner_that_was_not_heard_for_half_a_minute_is_forgotten_and_may_come_again()
    {
        var bench = Serving();
        bench.Join(4);
        bench.Silent.Add(4);
        bench.Live(29_000);
        Assert.NotNull(bench.Follower(4));
        bench.Live(1500);
        Assert.Null(bench.Follower(4));

        bench.Silent.Clear();
        bench.Join(4);
        Assert.Equal(bench.View.Last.Index, bench.Follower(4)!.Match);
    }

    [Fact]
    public void A_node_that_announced_itself_and_never_answers_is_forgotten_too()
    {
        var bench = Serving();
        bench.Silent.Add(4);
        bench.Ask(Peers.Announce(4));
        bench.Live(31_000);
        Assert.Null(bench.Follower(4));
    }

    [Fact]
    public void A_voter_is_never_forgotten()
    {
        var bench = Serving();
        bench.Silent.Add(3);
        bench.Live(60_000);
        Assert.NotNull(bench.Follower(3));
    }

    private static NodeAddress Address => new("http://four", "http://four:9");

    private static AnnounceResponse Told(int from, int leader) =>
        new(Peers.Header(from, 1), 0, Peers.Name(leader), new($"http://n{leader}", $"http://n{leader}:9"));

    /// <summary>Wiped long ago, and just told n2 where it is.</summary>
    private static Bench Announcing()
    {
        var bench = new Bench(terms: [1], named: false);
        bench.PassUntil(e => e is Send { To.Value: "n2" });
        return bench;
    }

    private static Bench Serving()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        return bench;
    }
}
