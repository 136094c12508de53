using RestReplicas.Cluster;
using Xunit;

namespace RestReplicas.Tests.Cluster;

public sealed class PendingReadsTests
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(100);

    private readonly PendingReads _reads = new(Retry);

    [Fact]
    public async Task A_confirmed_read_waits_until_its_index_is_applied()
    {
        var read = new PendingRead(Deadline);
        _reads.Confirmed(_reads.Ask(read), index: 9, applied: 8);
        Assert.False(read.IsSettled);

        _reads.Applied(9);
        _reads.Tell();

        Assert.Equal(new ReadIndexResult.Confirmed(9), await read.Answer);
    }

    [Fact]
    public void A_failed_confirmation_is_asked_for_again_when_the_status_changes()
    {
        var read = new PendingRead(Deadline);
        _reads.Failed(_reads.Ask(read), Start);

        Assert.Empty(_reads.TakeWaiting(statusChanged: false, Start));
        Assert.Equal([read], _reads.TakeWaiting(statusChanged: true, Start));
        Assert.Empty(_reads.TakeWaiting(statusChanged: true, Start));
    }

    [Fact]
    public void A_failed_confirmation_is_asked_for_again_after_a_moment()
    {
        var read = new PendingRead(Deadline);
        _reads.Failed(_reads.Ask(read), Start);

        Assert.Equal([read], _reads.TakeWaiting(statusChanged: false, Start + Retry));
    }

    [Fact]
    public async Task A_time_limit_ends_a_read_wherever_it_waits()
    {
        PendingRead[] reads = [new(Deadline), new(Deadline), new(Deadline)];
        _reads.Ask(reads[0]);
        _reads.Failed(_reads.Ask(reads[1]), Start);
        _reads.Confirmed(_reads.Ask(reads[2]), index: 9, applied: 8);

        _reads.Expire(Deadline);
        _reads.Tell();

        Assert.All(await Task.WhenAll(reads.Select(read => read.Answer)), result => Assert.IsType<ReadIndexResult.NotConfirmed>(result));
        Assert.True(_reads.IsEmpty);
    }

    [Fact]
    public async Task A_word_that_comes_too_late_is_of_no_use()
    {
        var read = new PendingRead(Deadline);
        var id = _reads.Ask(read);
        _reads.Expire(Deadline);

        _reads.Confirmed(id, index: 1, applied: 1);
        _reads.Tell();

        Assert.Equal(new ReadIndexResult.NotConfirmed(), await read.Answer);
        Assert.True(_reads.IsEmpty);
    }

    [Fact]
    public void A_replica_that_starts_again_has_to_be_asked_again()
    {
        var read = new PendingRead(Deadline);
        _reads.Ask(read);

        _reads.Restarted(Start);

        Assert.Equal([read], _reads.TakeWaiting(statusChanged: true, Start));
    }
}
