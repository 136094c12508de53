using RestReplicas.Cluster;
using RestReplicas.Documents;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;

namespace RestReplicas.Tests.Cluster;

public sealed class PendingWritesTests
{
    private static readonly Outcome Done = new Outcome.Done([ChangeResult.Created], ["a"]);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TellingLimit = TimeSpan.FromSeconds(60);

    private readonly Budget _budget = new(100, 1000);
    private readonly PendingWrites _writes;

    public PendingWritesTests() => _writes = new(Views.Self, Views.Disk, _budget);

    [Fact]
    public void A_write_is_answered_when_it_is_applied_at_its_position()
    {
        var write = Proposed(Acks.Majority, At(2, 7));

        _writes.Applied(new(At(2, 6), EntryKind.Command, Done), Views.Leading(2, 7, 7));
        Assert.Null(Answer(write));

        _writes.Applied(new(At(2, 7), EntryKind.Command, Done), Views.Leading(2, 7, 7));
        Assert.Equal(new WriteResult.Applied(At(2, 7), Done, 2, 3), Answer(write));
    }

    [Fact]
    public void What_is_committed_is_known_to_be_on_a_majority_even_by_who_no_longer_leads()
    {
        var write = Proposed(Acks.Majority, At(2, 7));

        _writes.Applied(new(At(2, 7), EntryKind.Command, Done), Views.Following(3, 7));

        Assert.Equal(new WriteResult.Applied(At(2, 7), Done, 2, 3), Answer(write));
    }

    [Fact]
    public void Another_terms_entry_at_its_index_means_that_it_never_happened()
    {
        var write = Proposed(Acks.Majority, At(2, 7));

        _writes.Applied(new(At(3, 7), EntryKind.Noop, null), Views.Following(3, 7));

        Assert.Equal(new WriteResult.Lost(At(2, 7)), Answer(write));
    }

    [Fact]
    public void Two_writes_of_two_terms_at_one_index_have_two_fates()
    {
        var first = Proposed(Acks.Majority, At(2, 7));
        var second = Proposed(Acks.Majority, At(4, 7));

        _writes.Applied(new(At(4, 7), EntryKind.Command, Done), Views.Leading(4, 7, 7));

        Assert.Equal(new WriteResult.Lost(At(2, 7)), Answer(first));
        Assert.IsType<WriteResult.Applied>(Answer(second));
        Assert.True(_writes.IsEmpty);
    }

    [Fact]
    public void A_write_in_the_log_whose_time_is_over_is_unknown()
    {
        var write = Proposed(Acks.Majority, At(2, 7));
        var other = Proposed(Acks.Majority, At(2, 8), Later);

        _writes.Expire(Views.Following(3, 6), Soon);

        Assert.Equal(new WriteResult.Unknown(At(2, 7)), Answer(write));
        Assert.Null(Answer(other));
    }

    [Fact]
    public void The_older_of_two_writes_at_one_index_can_end_first()
    {
        var first = Proposed(Acks.Majority, At(2, 7), Soon);
        var second = Proposed(Acks.Majority, At(4, 7), Later);

        _writes.Expire(Views.Leading(4, 7), Soon);
        _writes.Applied(new(At(4, 7), EntryKind.Command, Done), Views.Leading(4, 7, 7));

        Assert.Equal(new WriteResult.Unknown(At(2, 7)), Answer(first));
        Assert.IsType<WriteResult.Applied>(Answer(second));
    }

    [Fact]
    public void A_queued_write_whose_time_is_over_certainly_did_not_happen()
    {
        var write = Queued(Acks.Majority);
        var other = Queued(Acks.Majority, Later);

        _writes.Expire(Views.Leading(2, 6), Soon);

        Assert.IsType<WriteResult.NotLeader>(Answer(write));
        Assert.Equal([other], _writes.TakeQueued(1000, Soon));
    }

    [Fact]
    public void A_write_whose_time_is_over_is_not_proposed_any_more()
    {
        var write = Queued(Acks.Majority);

        Assert.Empty(_writes.TakeQueued(1000, Soon));

        Assert.IsType<WriteResult.NotLeader>(Answer(write));
    }

    [Fact]
    public void Stepping_down_refuses_what_is_queued_and_leaves_open_what_is_in_the_log()
    {
        var logged = Proposed(Acks.Majority, At(2, 7));
        var queued = Queued(Acks.Majority);

        _writes.RefuseQueued();
        _writes.Review(Views.Following(3, 7));

        Assert.IsType<WriteResult.NotLeader>(Answer(queued));
        Assert.Null(Answer(logged));
    }

    [Fact]
    public void Acks_leader_waits_for_this_nodes_disk_and_for_nothing_else()
    {
        var write = Proposed(Acks.Leader, At(2, 7));

        _writes.Review(Views.Leading(2, saved: 6, second: 7, third: 7));
        Assert.Null(Answer(write));

        _writes.Review(Views.Leading(2, saved: 7));
        Assert.Equal(new WriteResult.Accepted(At(2, 7), 1, 3), Answer(write));
        Assert.True(_writes.IsEmpty);
    }

    [Fact]
    public void Acks_leader_is_not_given_for_a_save_of_another_leaders_entries()
    {
        var write = Proposed(Acks.Leader, At(2, 7));

        _writes.Review(Views.Following(3, saved: 9));
        _writes.Review(Views.Leading(4, saved: 9));
        Assert.Null(Answer(write));

        _writes.Applied(new(At(3, 7), EntryKind.Command, Done), Views.Leading(4, 9));
        Assert.Equal(new WriteResult.Lost(At(2, 7)), Answer(write));
    }

    [Fact]
    public void Acks_all_waits_until_every_voter_has_it()
    {
        var write = Proposed(Acks.All, At(2, 7));
        _writes.Applied(new(At(2, 7), EntryKind.Command, Done), Views.Leading(2, 7, second: 7, third: 6));
        _writes.Review(Views.Leading(2, 7, second: 7, third: 6));
        Assert.Null(Answer(write));

        _writes.Review(Views.Leading(2, 7, second: 7, third: 7));
        Assert.Equal(new WriteResult.Applied(At(2, 7), Done, 3, 3), Answer(write));
    }

    [Fact]
    public void Acks_all_that_do_not_come_in_time_leave_a_committed_write()
    {
        var write = Proposed(Acks.All, At(2, 7));
        var view = Views.Leading(2, 7, second: 7, third: 6);
        _writes.Applied(new(At(2, 7), EntryKind.Command, Done), view);

        _writes.Expire(view, Soon);

        Assert.Equal(new WriteResult.AcksIncomplete(At(2, 7), Done, 2, 3), Answer(write));
        _writes.Review(view with { Role = Role.Follower });
        Assert.True(_writes.IsEmpty);
    }

    [Fact]
    public void Acks_all_cannot_be_learnt_any_more_by_who_no_longer_leads()
    {
        var write = Proposed(Acks.All, At(2, 7));
        _writes.Applied(new(At(2, 7), EntryKind.Command, Done), Views.Leading(2, 7, 7));

        _writes.Review(Views.Following(3, 7));

        Assert.Equal(new WriteResult.AcksIncomplete(At(2, 7), Done, 2, 3), Answer(write));
    }

    [Fact]
    public void A_batch_takes_what_fits_but_at_least_one()
    {
        Queued(Acks.Majority, Soon, 600);
        Queued(Acks.Majority, Soon, 100);
        Queued(Acks.Majority, Soon, 200);

        Assert.Single(_writes.TakeQueued(500, TimeSpan.Zero));
        Assert.Equal(2, _writes.TakeQueued(500, TimeSpan.Zero).Count);
    }

    [Fact]
    public void Every_end_of_a_write_gives_its_room_back()
    {
        Proposed(Acks.Majority, At(2, 7));
        Proposed(Acks.All, At(2, 8));
        Queued(Acks.Majority);
        _writes.Applied(new(At(2, 8), EntryKind.Command, Done), Views.Leading(2, 8, 8));
        Assert.Equal(3, _budget.Taken);

        _writes.End(Views.Following(3, 8));

        Assert.Equal(0, _budget.Taken);
    }

    [Fact]
    public void There_is_haste_while_a_client_who_waits_for_the_leader_alone_is_queued()
    {
        Queued(Acks.Majority);
        Queued(Acks.All);
        Assert.False(_writes.InHaste);

        Queued(Acks.Leader);
        _writes.Expire(Views.Leading(2, 7, 7), TimeSpan.Zero);
        Assert.True(_writes.InHaste);

        Assert.Equal(3, _writes.TakeQueued(1000, TimeSpan.Zero).Count);
        Assert.False(_writes.InHaste);

        Queued(Acks.Leader);
        _writes.RefuseQueued();
        Assert.False(_writes.InHaste);
    }

    private static Position At(long term, long index) => new(new(term), index);

    private WriteResult? Answer(PendingWrite write)
    {
        _writes.Tell();
        return write.IsSettled && SpinWait.SpinUntil(() => write.Answer.IsCompleted, TellingLimit) ? write.Answer.Result : null;
    }

    private PendingWrite Queued(Acks acks, TimeSpan? deadline = null, int bytes = 10)
    {
        Assert.True(_budget.TryTake(bytes));
        var write = new PendingWrite(new byte[bytes], acks, deadline ?? Soon);
        _writes.Queue(write);
        return write;
    }

    private PendingWrite Proposed(Acks acks, Position position, TimeSpan? deadline = null)
    {
        var write = Queued(acks, deadline);
        _writes.Proposed(_writes.TakeQueued(1000, TimeSpan.Zero), position);
        return write;
    }
}
