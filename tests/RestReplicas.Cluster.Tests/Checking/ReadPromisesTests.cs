using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests.Checking;

/// <summary>Every promise of a read, kept and broken.</summary>
public sealed class ReadPromisesTests
{
    private static readonly HashSet<Spot> NoneLost = [];

    [Fact]
    public void Right_histories_break_no_promise()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            Assert.Empty(new ReadPromises(RightHistory.Draw(seed, 150), NoneLost).Broken());
        }
    }

    [Fact]
    public void A_state_without_a_write_acknowledged_before_the_bound_is_staler_than_it_says()
    {
        var write = Put("a", 5, sent: 0, ended: 10);
        var read = Read(at: 4, sent: 30, ended: 31) with { Staleness = Moment(20.5) };
        Assert.Empty(Broken(write, read));
        Assert.Contains("staler than it says", Assert.Single(Broken(write, read with { Staleness = Moment(19.5) })), StringComparison.Ordinal);
        Assert.Empty(Broken(write with { Acknowledged = false }, read with { Staleness = Moment(0) }));
        Assert.Empty(Broken(write, read with { Staleness = null }));
    }

    [Fact]
    public void A_bounded_read_is_within_its_bound()
    {
        var read = Read(at: 4, sent: 30, ended: 31) with { MaxStaleness = Moment(50) };
        Assert.Empty(Broken(read with { Staleness = Moment(50) }));
        Assert.Single(Broken(read with { Staleness = Moment(51) }));
        Assert.Single(Broken(read with { Staleness = null }));
    }

    [Fact]
    public void A_read_from_a_position_is_not_older_and_hides_no_loss()
    {
        var read = Read(at: 4, sent: 30, ended: 31) with { MinPosition = new(1, 4) };
        Assert.Empty(Broken(read));
        Assert.Single(Broken(read with { MinPosition = new(1, 5) }));
        Assert.Single(new ReadPromises([read], new HashSet<Spot> { new(1, 4) }).Broken());
        var told = read with { Ending = Ending.Never, ToldLost = true };
        Assert.Single(Broken(told));
        Assert.Empty(new ReadPromises([told], new HashSet<Spot> { new(1, 4) }).Broken());
    }

    [Fact]
    public void A_linearizable_read_lacks_nothing_that_was_acknowledged_or_seen_before_it_was_sent()
    {
        var read = Read(at: 4, sent: 30, ended: 31) with { Level = Level.Linearizable };
        Assert.Single(Broken(Put("a", 5, sent: 0, ended: 29), read));
        Assert.Empty(Broken(Put("a", 5, sent: 0, ended: 30.5), read));
        Assert.Single(Broken(Read(at: 5, sent: 0, ended: 29), read));
    }

    [Fact]
    public void A_state_has_the_last_write_at_or_below_its_position()
    {
        var (a, b) = (Put("a", 2, sent: 0, ended: 1), Put("b", 5, sent: 2, ended: 3));
        var read = Read(at: 5, sent: 4, ended: 5) with { Value = "b", Version = new(1, 5) };
        Assert.Empty(Broken(a, b, read));
        Assert.Single(Broken(a, b, read with { Value = "a", Version = new(1, 2) }));
        Assert.Single(Broken(a, b, read with { Value = null, Version = null }));
        Assert.Empty(Broken(a, b, read with { Value = "a", Version = new(1, 2), At = new(1, 4) }));
        Assert.Contains("nobody wrote", Broken(a, b, read with { Value = "c", Version = new(1, 6), At = new(1, 6) }).First(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_position_names_one_state_and_a_version_one_value()
    {
        Assert.Single(Broken(Read(at: 5, sent: 0, ended: 1), Read(at: 5, sent: 0, ended: 1) with { At = new(2, 5) }));
        Assert.NotEmpty(Broken(Put("a", 5, sent: 0, ended: 1), Put("b", 5, sent: 0, ended: 1)));
        Assert.NotEmpty(Broken(Put("a", 5, sent: 0, ended: 1), Read(at: 7, sent: 2, ended: 3) with { Value = "a", Version = new(1, 6) }));
    }

    [Fact]
    public void A_right_history_with_one_state_taken_from_before_is_found_wrong()
    {
        var found = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var history = RightHistory.Draw(seed, 150);
            var read = history.FindLastIndex(o => o is { Asked: Asked.Read, Level: Level.Linearizable });
            var before = history.Where(o => o is { Acknowledged: true } && o.Ended < history[read].Sent).MaxBy(o => o.At!.Value.Index);
            if (read < 0 || before is null)
            {
                continue;
            }

            history[read] = history[read] with { At = new(1, before.At!.Value.Index - 1), MinPosition = null };
            Assert.NotEmpty(new ReadPromises(history, NoneLost).Broken());
            found++;
        }

        Assert.True(found > 150, $"only {found}");
    }

    private static List<string> Broken(params Operation[] history) => [.. new ReadPromises(history, NoneLost).Broken()];

    private static TimeSpan Moment(double at) => TimeSpan.FromMilliseconds(at);

    private static Operation Put(string value, long index, double sent, double ended) => new()
    {
        Client = "c", Key = "k", Asked = Asked.Put, Value = value, At = new(1, index), Acknowledged = true, Sent = Moment(sent), Ended = Moment(ended),
    };

    private static Operation Read(long at, double sent, double ended) =>
        new() { Client = "c", Key = "k", Asked = Asked.Read, At = new(1, at), Sent = Moment(sent), Ended = Moment(ended) };
}
