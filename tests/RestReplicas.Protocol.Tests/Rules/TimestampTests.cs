namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §2: time enters the state only as the entry's timestamp, which no single wrong clock can set.</summary>
public sealed class TimestampTests
{
    private const long Hour = 3_600_000;

    [Theory]
    [InlineData(Hour, 0)]
    [InlineData(-Hour, 0)]
    public void One_wrong_clock_among_three_dates_nothing(long wrong, long expected)
    {
        var bench = Serving(wrong, 0);
        Assert.Equal(bench.Now.Wall + expected, Dated(bench));
    }

    [Fact]
    public void The_leaders_own_clock_is_no_better_than_the_others()
    {
        var bench = Serving(-Hour, -Hour);
        Assert.Equal(bench.Now.Wall - Hour, Dated(bench));
    }

    [Fact]
    public void Of_two_clocks_the_earlier_dates()
    {
        var bench = Serving(Hour, null);
        Assert.Equal(bench.Now.Wall, Dated(bench));
        bench = Serving(-Hour, null);
        Assert.Equal(bench.Now.Wall - Hour, Dated(bench));
    }

    [Fact]
    public void Clocks_that_were_told_are_moved_on_by_the_leaders_own()
    {
        var bench = Serving(-Hour, -Hour);
        var wall = bench.Now.Wall;
        bench.Sleep(90);
        Assert.Equal(wall - Hour + 90, Dated(bench));
    }

    [Fact]
    public void A_timestamp_is_never_earlier_than_the_one_before()
    {
        var bench = Serving(0, 0);
        var first = Dated(bench);
        bench.SetWall(bench.Now.Wall - Hour);
        Tell(bench, 2, -Hour);
        Tell(bench, 3, -Hour);
        Assert.Equal(first, Dated(bench));
    }

    [Fact]
    public void The_clock_of_a_disk_that_does_not_count_dates_nothing()
    {
        var bench = Serving(0, 0);
        foreach (var follower in (int[])[2, 3])
        {
            var answer = Peers.Matched(follower, bench.LastBatch(follower), bench.Now, disk: follower * 11);
            bench.Propose();
            bench.Answer(bench.LastBatch(follower), answer with { Wall = bench.Now.Wall - Hour, Matched = false, Acknowledged = Position.Zero });
        }

        Assert.Equal(bench.Now.Wall, Dated(bench));
    }

    [Fact]
    public void The_votes_tell_the_time_to_a_new_leader()
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        bench.AllGrant(g => g with { Wall = bench.Now.Wall - Hour });
        bench.Save();
        var effects = bench.Answer(bench.LastSent(2), Peers.Grant(2, bench.LastSent(2), bench.Now.Wall - Hour));
        Assert.Equal(bench.Now.Wall - Hour, effects.OfType<Save>().Single().Entries.Single().Timestamp);
    }

    /// <summary>n1 leads; n2's and n3's wall clocks are off by so much, or n3 has not been heard.</summary>
    private static Bench Serving(long second, long? third)
    {
        var bench = new Bench(terms: [1]);
        bench.Stand();
        bench.AllGrant();
        bench.Save();
        foreach (var (voter, error) in new[] { (2, (long?)second), (3, third) })
        {
            if (error is { } wrong && bench.View.Role == Role.Candidate)
            {
                bench.Answer(bench.LastSent(voter), Peers.Grant(voter, bench.LastSent(voter), bench.Now.Wall - (10 * Hour)));
            }
        }

        bench.Save();
        Tell(bench, 2, second);
        bench.Apply(2);
        if (third is { } told)
        {
            Tell(bench, 3, told);
        }

        return bench;
    }

    private static void Tell(Bench bench, int follower, long error)
    {
        var batch = bench.LastBatch(follower);
        bench.Answer(batch, Peers.Matched(follower, batch, bench.Now) with { Wall = bench.Now.Wall + error });
    }

    private static long Dated(Bench bench)
    {
        bench.Propose();
        return bench.Effects.OfType<Save>().Single().Entries.Single().Timestamp;
    }
}
