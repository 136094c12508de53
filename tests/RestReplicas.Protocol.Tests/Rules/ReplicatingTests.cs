namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §6, from the leader's side: send, count, commit, and bound what a slow follower costs.</summary>
public sealed class ReplicatingTests
{
    [Fact]
    public void A_write_commits_when_a_majority_has_saved_it_and_the_leaders_copy_counts_only_then()
    {
        var bench = Serving();
        bench.Propose();
        bench.Match(2, bench.LastBatch(2));
        Assert.Equal(2, bench.View.Commit);
        bench.Save();
        Assert.Equal(3, bench.View.Commit);
        Assert.Contains(new Apply(3), bench.Effects);
    }

    [Fact]
    public void Two_followers_are_a_majority_without_the_leaders_own_copy_but_it_is_applied_only_from_disk()
    {
        var bench = Serving();
        bench.Propose();
        bench.AllMatch();
        Assert.Equal(3, bench.View.Commit);
        Assert.DoesNotContain(bench.Effects, e => e is Apply);
        Assert.Contains(new Apply(3), bench.Save());
    }

    [Fact]
    public void An_entry_of_an_older_term_is_not_committed_by_counting()
    {
        // Raft, figure 8: such an entry can still be removed by a leader that has neither.
        var bench = new Bench(terms: [1, 2, 2]);
        bench.Elect();
        bench.Save();
        var batch = bench.LastBatch(2);
        bench.Answer(batch, Peers.Mismatch(2, batch, bench.Now, Peers.At(1, 1)));
        var again = bench.LastBatch(2);
        Assert.Equal(Peers.At(1, 1), ((AppendRequest)again.Request).Previous);
        bench.Answer(again, Peers.Matched(2, again, bench.Now) with { Acknowledged = Peers.At(2, 3) });
        Assert.Equal(0, bench.View.Commit);
        bench.Match(2, bench.LastBatch(2));
        Assert.Equal(4, bench.View.Commit);
    }

    [Fact]
    public void A_disk_that_the_configuration_does_not_name_commits_nothing()
    {
        var bench = Serving();
        bench.Propose();
        bench.Save();
        foreach (var follower in (int[])[2, 3])
        {
            var batch = bench.LastBatch(follower);
            bench.Answer(batch, Peers.Matched(follower, batch, bench.Now, disk: follower * 11));
        }

        Assert.Equal(2, bench.View.Commit);
        Assert.All(bench.View.Followers, f => Assert.False(f.Counts));
    }

    [Fact]
    public void One_batch_is_in_flight_per_follower_and_what_arrives_meanwhile_forms_the_next()
    {
        var bench = Serving();
        bench.Propose();
        var first = bench.LastBatch(2);
        bench.Propose();
        bench.Propose(count: 2);
        Assert.DoesNotContain(bench.Effects, e => e is Send);

        bench.Match(2, first);
        var next = Assert.Single(bench.Effects.OfType<Send>());
        Assert.Equal((Peers.Name(2), Peers.At(2, 3), 6L), (next.To, ((AppendRequest)next.Request).Previous, next.Through));
    }

    [Fact]
    public void A_batch_that_fails_is_tried_again_with_the_next_heartbeat_and_not_at_once()
    {
        var bench = Serving();
        bench.Propose();
        Assert.Empty(bench.Step(new Unanswered(Peers.Name(2), bench.LastBatch(2).Sequence)));
        var passed = 0;
        while (!bench.Effects.OfType<Send>().Any(s => s.IsBatch))
        {
            bench.Pass(10);
            passed += 10;
        }

        Assert.InRange(passed, 10, 100);
        Assert.Equal(Peers.Name(2), bench.Effects.OfType<Send>().Single(s => s.IsBatch).To);
    }

    [Fact]
    public void A_follower_that_is_behind_is_fed_from_its_hint()
    {
        var bench = new Bench(terms: [1, 1, 1, 1, 4, 4]);
        bench.Elect();
        var batch = bench.LastBatch(2);
        Assert.Equal(Peers.At(4, 6), ((AppendRequest)batch.Request).Previous);

        // The follower's last entries are of a term that this leader never had: it skips them all at once.
        bench.Answer(batch, Peers.Mismatch(2, batch, bench.Now, hint: Peers.At(3, 6)));
        Assert.Equal(Peers.At(1, 4), ((AppendRequest)bench.LastBatch(2).Request).Previous);
    }

    [Fact]
    public void A_silent_follower_delays_no_commit_and_costs_a_bounded_number_of_messages()
    {
        var bench = Serving();
        var toSilent = 0;
        for (var i = 0; i < 100; i++)
        {
            bench.Propose();
            bench.Step(new Read(i));
            toSilent += ToSilent();
            bench.Save();
            bench.Match(2, bench.LastBatch(2));
            Assert.Equal(bench.View.Last.Index, bench.View.Commit);
            bench.Match(2, bench.LastHeartbeat(2));
            for (var passed = 0; passed < 100; passed += 10)
            {
                bench.Pass(10);
                toSilent += ToSilent();
                if (bench.Effects.OfType<Send>().Any(s => s is { IsBatch: false } && s.To == Peers.Name(2)))
                {
                    bench.Match(2, bench.LastHeartbeat(2));
                }
            }
        }

        Assert.InRange(toSilent, 1, 40);

        int ToSilent() => bench.Effects.OfType<Send>().Count(s => s.To == Peers.Name(3));
    }

    [Fact]
    public void A_heartbeat_names_what_the_follower_acknowledged_last_in_this_term_and_nothing_before_that()
    {
        var bench = new Bench(terms: [1, 1]);
        bench.Elect();
        bench.Pass(10);
        Assert.Equal(Position.Zero, ((AppendRequest)bench.LastHeartbeat(2).Request).Previous);
        bench.Match(2, bench.LastBatch(2));
        bench.Pass(100);
        Assert.Equal(Peers.At(2, 3), ((AppendRequest)bench.LastHeartbeat(2).Request).Previous);
    }

    [Fact]
    public void Heartbeats_leave_every_100_ms()
    {
        var bench = Serving();
        bench.PassAsLeader(500);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(2, bench.PassAsLeader(100).OfType<Send>().Count());
        }
    }

    [Fact]
    public void An_idle_follower_learns_of_a_commit_before_the_next_heartbeat()
    {
        var bench = Serving();
        bench.PassAsLeader(200);
        bench.Propose();
        bench.Save();
        bench.AllMatch();
        Assert.Equal(3, bench.View.Commit);
        var sends = bench.Pass(10).OfType<Send>().ToList();
        Assert.Equal([3L, 3L], sends.Select(s => ((AppendRequest)s.Request).Commit));
        bench.AllHear();
        Assert.Empty(bench.Pass(10));
    }

    [Fact]
    public void A_follower_that_forgot_what_it_acknowledged_counts_no_longer()
    {
        var bench = Serving();
        bench.Pass(100);
        var heartbeat = bench.LastHeartbeat(2);
        Assert.Equal(Peers.At(2, 2), ((AppendRequest)heartbeat.Request).Previous);
        bench.Answer(heartbeat, Peers.Mismatch(2, heartbeat, bench.Now, Peers.At(1, 1)));
        Assert.False(bench.View.Followers[0].Counts);

        bench.Propose();
        bench.Save();
        bench.Match(2, bench.LastBatch(2));
        Assert.Equal(2, bench.View.Commit);
        bench.Match(3, bench.LastBatch(3));
        Assert.Equal(3, bench.View.Commit);
    }

    [Fact]
    public void What_an_old_disk_acknowledged_is_not_the_new_ones()
    {
        // n2 is wiped after it acknowledged 3, and its new disk answers: only n1 and n3 are left to commit 4.
        var bench = Serving();
        bench.Propose();
        bench.Save();
        bench.AllMatch();
        bench.Pass(100);
        var heartbeat = bench.LastHeartbeat(2);
        bench.Answer(heartbeat, Peers.Mismatch(2, heartbeat, bench.Now, Position.Zero, disk: 22));
        Assert.Equal((0L, false), (bench.View.Followers[0].Match, bench.View.Followers[0].Counts));
    }

    [Fact]
    public void A_send_that_is_of_no_leadership_any_more_is_ignored()
    {
        var bench = Serving();
        bench.Propose();
        var batch = bench.LastBatch(2);
        bench.Answer(bench.LastBatch(3), Peers.OlderTerm(3, term: 5));
        bench.Match(2, batch);
        Assert.Equal((Role.Follower, 2L), (bench.View.Role, bench.View.Commit));
    }

    private static Bench Serving()
    {
        var bench = new Bench(terms: [1]);
        bench.Serve();
        return bench;
    }
}
