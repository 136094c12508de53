namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §5: a leader stays while a majority answers, and is deposed by a newer term or a hanging disk.</summary>
public sealed class StayingLeaderTests
{
    [Fact]
    public void A_leader_stays_while_a_majority_answers()
    {
        var bench = Serving();
        bench.PassAsLeader(5000);
        Assert.True(bench.View.Serving);
    }

    [Fact]
    public void A_leader_that_no_majority_answers_steps_down_after_QuorumTimeout()
    {
        var bench = Serving();
        bench.PassAsLeader(500);
        var heard = bench.LastHeartbeat(2);
        Assert.DoesNotContain(bench.Pass(700), e => e is LeaseCall.Release);
        Assert.Equal(Role.Leader, bench.View.Role);
        bench.Pass(100);
        Assert.Equal(Role.Follower, bench.View.Role);
        Assert.NotNull(heard);
        Assert.Contains("no majority", bench.View.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void One_follower_of_two_is_a_majority_with_the_leader_itself()
    {
        var bench = Serving();
        for (var i = 0; i < 50; i++)
        {
            bench.Pass(100);
            bench.Match(2, bench.LastHeartbeat(2));
        }

        Assert.True(bench.View.Serving);
    }

    [Fact]
    public void An_answer_counts_from_when_its_message_was_sent_not_from_when_it_came()
    {
        var bench = Serving();
        bench.Pass(110);
        var sent = bench.Now;
        var heartbeat = bench.LastHeartbeat(2);
        bench.Pass(600);
        bench.Match(2, heartbeat);
        while (bench.View.Role == Role.Leader)
        {
            bench.Pass(10);
        }

        Assert.InRange((bench.Now.Clock - sent.Clock).TotalMilliseconds, 690, 800);
    }

    [Fact]
    public void A_mismatch_is_an_answer_too()
    {
        var bench = Serving();
        for (var i = 0; i < 20; i++)
        {
            bench.Propose();
            var batch = bench.LastBatch(2);
            bench.Pass(100);
            bench.Answer(batch, Peers.Mismatch(2, batch, bench.Now, hint: Peers.At(2, 2)));
        }

        Assert.True(bench.View.Serving);
    }

    [Fact]
    public void Answers_of_disks_that_the_configuration_does_not_name_keep_nobody_in_office()
    {
        var bench = Serving();
        for (var i = 0; i < 8; i++)
        {
            bench.Pass(100);
            foreach (var follower in (int[])[2, 3])
            {
                var heartbeat = bench.LastHeartbeat(follower);
                bench.Answer(heartbeat, Peers.Mismatch(follower, heartbeat, bench.Now, Position.Zero, disk: follower * 11));
            }
        }

        Assert.Equal(Role.Follower, bench.View.Role);
    }

    [Fact]
    public void An_answer_in_another_term_is_no_answer()
    {
        var bench = Serving();
        for (var i = 0; i < 8; i++)
        {
            bench.Pass(100);
            var heartbeat = bench.LastHeartbeat(2);
            var answer = Peers.Matched(2, heartbeat, bench.Now);
            bench.Answer(heartbeat, answer with { Header = Peers.Header(2, term: 1) });
        }

        Assert.Equal(Role.Follower, bench.View.Role);
    }

    [Fact]
    public void A_frozen_leader_steps_down_before_it_takes_a_write()
    {
        var bench = Serving();
        bench.Sleep(5000);
        Assert.Contains(bench.Step(new Propose([new byte[] { 1 }])), e => e is NotProposed);
        Assert.Equal(Role.Follower, bench.View.Role);
    }

    [Fact]
    public void A_frozen_leader_steps_down_before_it_counts_an_answer_that_confirms_a_read()
    {
        var bench = Serving();
        bench.Step(new Read(1));
        var heartbeat = bench.LastHeartbeat(2);
        var answer = Peers.Matched(2, heartbeat, bench.Now);
        bench.Sleep(5000);
        Assert.Contains(new ReadFailed(1), bench.Answer(heartbeat, answer));
        Assert.DoesNotContain(bench.Effects, e => e is ReadConfirmed);
    }

    [Fact]
    public void A_frozen_leader_steps_down_before_it_commits()
    {
        var bench = Serving();
        bench.Propose();
        bench.Save();
        var batch = bench.LastBatch(2);
        var answer = Peers.Matched(2, batch, bench.Now);
        var commit = bench.View.Commit;
        bench.Sleep(5000);
        bench.Answer(batch, answer);
        Assert.Equal((Role.Follower, commit), (bench.View.Role, bench.View.Commit));
    }

    [Fact]
    public void A_frozen_leader_steps_down_before_it_answers_another_nodes_read()
    {
        var bench = Serving();
        bench.Sleep(5000);
        Assert.Null(Assert.IsType<ReadIndexResponse>(bench.Ask(new ReadIndexRequest(Peers.Header(2, 2)))).Index);
    }

    [Fact]
    public void A_newer_term_in_an_answer_deposes()
    {
        var bench = Serving();
        bench.Pass(100);
        bench.Answer(bench.LastHeartbeat(2), Peers.OlderTerm(2, term: 7));
        Assert.Equal((Role.Follower, new Term(7)), (bench.View.Role, bench.View.Term));
        Assert.Contains(bench.Effects, e => e is Save { Hard: { Term.Value: 7, VotedFor: null } });
    }

    [Fact]
    public void A_newer_leader_deposes_an_older_one()
    {
        var bench = Serving();
        bench.Ask(Peers.Heartbeat(3, term: 7));
        Assert.Equal((Role.Follower, new Term(7), Peers.Name(3)), (bench.View.Role, bench.View.Term, bench.View.Leader));
    }

    [Fact]
    public void A_leader_whose_save_hangs_steps_down_after_SaveLimit()
    {
        var bench = Serving();
        bench.Propose();
        bench.Match(2, bench.LastBatch(2));
        bench.PassAsLeader(2000);
        Assert.Equal(Role.Leader, bench.View.Role);
        bench.PassAsLeader(10);
        Assert.Equal(Role.Follower, bench.View.Role);
        Assert.DoesNotContain(bench.Pass(5000), e => e is LeaseCall.Acquire);
    }

    [Fact]
    public void A_leader_whose_save_hangs_orders_the_most_caught_up_voter_to_campaign_and_goes_at_once()
    {
        var bench = Serving();
        bench.Propose();
        bench.Match(3, bench.LastBatch(3));
        bench.PassAsLeader(2000);
        Assert.DoesNotContain(bench.Effects, e => e is Send { Request: TransferRequest });
        bench.Pass(10);
        var send = Assert.IsType<Send>(bench.Effects[0]);
        var order = Assert.IsType<TransferRequest>(send.Request);
        Assert.Equal((Peers.Name(3), Peers.At(2, 3), Bench.Silence), (send.To, order.Last, order.Within));
        Assert.Contains(new LeaseCall.Release("t1"), bench.Effects);
        Assert.Equal(Role.Follower, bench.View.Role);
    }

    [Fact]
    public void A_deposed_leader_lets_others_stand_first()
    {
        var waits = new HashSet<int>();
        for (ulong seed = 1; seed <= 8; seed++)
        {
            var bench = new Bench(terms: [1], seed: seed);
            bench.Serve();
            bench.PassUntil<LeaseCall.Release>();
            bench.Step(new LeaseAnswer.Lost());
            var wait = bench.PassUntil<LeaseCall.Acquire>();
            Assert.InRange(wait, 500, 1010);
            waits.Add(wait);
        }

        Assert.True(waits.Count > 4, "each draws its own wait");
    }

    [Fact]
    public void Why_it_stepped_down_is_told_until_a_leader_is_heard()
    {
        var bench = Serving();
        bench.Pass(800);
        Assert.Contains("no majority", bench.View.Refusal, StringComparison.Ordinal);
        bench.Ask(Peers.Heartbeat(3, term: 7));
        Assert.Null(bench.View.Refusal);
    }

    [Fact]
    public void Stepping_down_gives_the_lease_back_and_fails_the_reads_that_wait()
    {
        var bench = Serving();
        bench.Step(new Read(1));
        bench.Step(new Read(2));
        bench.Sleep(800);
        bench.Tick();
        Assert.Equal([new LeaseCall.Release("t1"), new ReadFailed(1), new ReadFailed(2)], bench.Effects);
    }

    [Fact]
    public void A_single_voter_leads_without_anybodys_answer()
    {
        var bench = new Bench(terms: [1], voters: 1);
        bench.Stand();
        bench.Save();
        bench.Save();
        bench.Apply(2);
        bench.Pass(5000);
        Assert.True(bench.View.Serving);
        bench.Propose();
        Assert.Equal(2, bench.View.Commit);
        bench.Save();
        Assert.Equal(3, bench.View.Commit);
    }

    private static Bench Serving()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        return bench;
    }
}
