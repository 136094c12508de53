using RestReplicas.Cluster;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Cluster;

public sealed class GroupCommitTests
{
    private static readonly Term _term = new(3);
    private readonly GroupCommit _groups = new(Ms(25));
    private long _index;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Whatever_comes_first_is_due_at_once(int queued) => Assert.Equal(TimeSpan.Zero, _groups.DueAt(queued));

    [Fact]
    public void A_client_that_writes_alone_never_waits()
    {
        for (var write = 0; write < 3; write++)
        {
            Propose(1, at: 10 * write);
            Assert.Null(_groups.DueAt(1));
            Applied(queued: 0, at: (10 * write) + 4);
            Assert.Equal(TimeSpan.Zero, _groups.DueAt(1));
        }
    }

    [Fact]
    public void Nothing_is_due_until_the_last_of_a_proposal_is_applied()
    {
        Propose(8, at: 0);
        _groups.Review(_term, _index - 1, queued: 8, Ms(100));
        Assert.Null(_groups.DueAt(100));
        _groups.Review(_term, _index, queued: 8, Ms(101));
        Assert.NotNull(_groups.DueAt(1));
    }

    [Fact]
    public void Nearly_all_of_those_who_were_about_are_waited_for_as_long_as_the_last_took()
    {
        Propose(32, at: 100);
        Applied(queued: 32, at: 106);
        Assert.Equal(Ms(112), _groups.DueAt(32));
        Assert.Equal(Ms(112), _groups.DueAt(60));
        Assert.Equal(TimeSpan.Zero, _groups.DueAt(61));
    }

    [Fact]
    public void Of_two_clients_the_second_is_waited_for()
    {
        Propose(1, at: 0);
        Applied(queued: 1, at: 2);
        Assert.Equal(Ms(4), _groups.DueAt(1));
        Assert.Equal(TimeSpan.Zero, _groups.DueAt(2));
    }

    [Fact]
    public void The_wait_has_a_bound_however_slow_the_disk_is()
    {
        Propose(2, at: 0);
        Applied(queued: 2, at: 4000);
        Assert.Equal(Ms(4025), _groups.DueAt(2));
    }

    [Fact]
    public void What_did_not_fit_follows_at_once_and_counts_as_of_the_same_group()
    {
        Propose(5, at: 0, more: true);
        Assert.Equal(TimeSpan.Zero, _groups.DueAt(1));
        Propose(3, at: 1);
        _groups.Review(_term, 5, queued: 0, Ms(5));
        Assert.Null(_groups.DueAt(1));
        Applied(queued: 0, at: 8);
        Assert.Equal(Ms(16), _groups.DueAt(7));
        Assert.Equal(TimeSpan.Zero, _groups.DueAt(8));
    }

    [Fact]
    public void Another_term_ends_what_was_under_way()
    {
        Propose(4, at: 0);
        _groups.Review(new(_term.Value + 1), applied: 0, queued: 1, Ms(50));
        Assert.Equal(Ms(75), _groups.DueAt(1));
    }

    [Fact]
    public void Those_who_wait_for_others_are_worth_no_turn_until_there_are_enough_or_time_is_over()
    {
        Assert.Equal(0, _groups.TurnFrom(open: 0, Ms(0)));
        Propose(32, at: 100);
        Assert.Equal(int.MaxValue, _groups.TurnFrom(open: 32, Ms(105)));
        Assert.Null(_groups.WaitsUntil(Ms(105)));

        Applied(queued: 32, at: 106);
        Assert.Equal(61 + 3, _groups.TurnFrom(open: 3, Ms(111)));
        Assert.Equal(Ms(112), _groups.WaitsUntil(Ms(111)));

        Assert.Equal(0, _groups.TurnFrom(open: 3, Ms(112)));
        Assert.Null(_groups.WaitsUntil(Ms(112)));
    }

    [Fact]
    public void What_did_not_fit_and_who_writes_alone_are_worth_a_turn_at_once()
    {
        Propose(5, at: 0, more: true);
        Assert.Equal(0, _groups.TurnFrom(open: 5, Ms(1)));

        Propose(1, at: 2);
        Applied(queued: 0, at: 3);
        Propose(1, at: 4);
        Applied(queued: 0, at: 8);
        Assert.Equal(0, _groups.TurnFrom(open: 0, Ms(9)));
        Assert.Null(_groups.WaitsUntil(Ms(9)));
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private void Propose(int writes, double at, bool more = false)
    {
        _groups.Proposed(new(_term, _index + 1), writes, more, Ms(at));
        _index += writes;
    }

    private void Applied(int queued, double at) => _groups.Review(_term, _index, queued, Ms(at));
}
