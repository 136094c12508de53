using RestReplicas.Cluster;
using RestReplicas.Documents;
using Xunit;

namespace RestReplicas.Tests.Cluster;

public sealed class ArrivalsTests
{
    private readonly Budget _budget = new(most: 100, mostBytes: 100);
    private readonly Arrivals _arrivals;

    public ArrivalsTests() => _arrivals = new(_budget);

    [Fact]
    public void Without_anything_to_wait_for_the_first_is_due()
    {
        Assert.False(_arrivals.AreDue);
        Come(Acks.Majority);
        Assert.True(_arrivals.AreDue);
    }

    [Fact]
    public void They_are_due_when_there_are_enough_and_not_once_they_are_taken()
    {
        _arrivals.TurnFrom = 3;
        Come(Acks.Majority);
        Come(Acks.All);
        Assert.False(_arrivals.AreDue);
        Come(Acks.Majority);
        Assert.True(_arrivals.AreDue);

        Assert.Equal(3, _arrivals.Take([]).Count);
        Assert.False(_arrivals.AreDue);
    }

    /// <summary>Alone as well: its last write was answered before it was applied, and may never be.</summary>
    [Fact]
    public void Who_waits_for_the_leader_alone_is_due_whatever_is_under_way()
    {
        _arrivals.TurnFrom = int.MaxValue;
        Come(Acks.Leader);
        Assert.True(_arrivals.AreDue);

        _arrivals.Take([]);
        Come(Acks.Majority);
        Assert.False(_arrivals.AreDue);
    }

    [Fact]
    public void Nothing_comes_after_the_end_and_what_came_before_is_taken()
    {
        Come(Acks.Majority);
        _arrivals.Close();

        Assert.False(Come(Acks.Majority));
        Assert.Single(_arrivals.Take([]));
    }

    private bool Come(Acks acks)
    {
        _budget.TryTake(1);
        return _arrivals.Post(new(new byte[1], acks, TimeSpan.FromSeconds(1)));
    }
}
