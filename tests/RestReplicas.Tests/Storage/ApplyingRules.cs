using System.Text;
using Dapper;
using RestReplicas.Documents;
using RestReplicas.Documents.Patching;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

public sealed class ApplyingRules
{
    [Fact]
    public async Task A_put_creates_then_replaces_and_a_delete_deletes()
    {
        using var world = new StoreWorld();
        Assert.Equal(ChangeResult.Created, Result(await world.Run(Put("a", "1"))));
        Assert.Equal(ChangeResult.Replaced, Result(await world.Run(Put("a", "2"), timestamp: 77)));
        var (applied, document) = world.Reader.Get("things", "a");
        Assert.Equal((new Position(new(1), 2), new Position(new(1), 2), 77L), (applied, document!.Version, document.UpdatedAt));
        Assert.Equal("2", world.Body("a"));
        Assert.Equal(ChangeResult.Deleted, Result(await world.Run(Delete("a"), timestamp: 78)));
        Assert.Null(world.Body("a"));
        Assert.Equal(new Outcome.NotFound(0), await world.Run(Delete("a"), timestamp: 79));
    }

    [Fact]
    public async Task A_row_that_another_document_got_is_not_taken_for_the_first_ones()
    {
        using var world = new StoreWorld();
        await world.Run(Put("a", "1"));
        await world.Run(Delete("a"));
        Assert.Equal(ChangeResult.Created, Result(await world.Run(Put("b", "2"))));
        Assert.Equal([1], world.Query("SELECT number FROM documents"));
        Assert.Equal(new Outcome.NotFound(0), await world.Run(Delete("a")));
        Assert.Equal(ChangeResult.Created, Result(await world.Run(Put("a", "3"))));
        Assert.Equal(ChangeResult.Replaced, Result(await world.Run(Put("b", "4"))));
        Assert.Equal(("3", "4"), (world.Body("a"), world.Body("b")));
    }

    [Fact]
    public async Task Conditions_are_judged_against_the_state_before()
    {
        using var world = new StoreWorld();
        var first = new Position(new(1), 1);
        Assert.IsType<Outcome.Done>(await world.Run(Put("a", "1", new Condition.Absent())));
        Assert.Equal(new Outcome.PreconditionFailed(0, first), await world.Run(Put("a", "2", new Condition.Absent())));
        Assert.Equal(new Outcome.PreconditionFailed(0, first), await world.Run(Put("a", "2", At(new Position(new(2), 1)))));
        Assert.Equal(new Outcome.PreconditionFailed(0, null), await world.Run(Put("b", "2", new Condition.Present())));
        Assert.Equal(new Outcome.PreconditionFailed(0, null), await world.Run(Delete("b", At(first))));
        Assert.Equal("1", world.Body("a"));
        Assert.Equal(ChangeResult.Replaced, Result(await world.Run(Put("a", "3", At(new Position(new(9), 9), first)))));
        Assert.Equal(ChangeResult.Deleted, Result(await world.Run(Delete("a", new Condition.Present()))));
    }

    [Fact]
    public async Task A_command_is_applied_whole_or_not_at_all()
    {
        using var world = new StoreWorld();
        await world.Run(Put("a", "1"));
        var failing = new Command(null, [
            new Change.Put("things", "b", null, "2"u8.ToArray()),
            new Change.Delete("things", "a", null),
            new Change.Check("others", "c", new Condition.Present()),
        ]);
        Assert.Equal(new Outcome.PreconditionFailed(2, null), await world.Run(failing));
        Assert.Equal(("1", null), (world.Body("a"), world.Body("b")));

        var done = Assert.IsType<Outcome.Done>(await world.Run(failing with { Changes = [
            .. failing.Changes.Take(2), new Change.Check("others", "c", new Condition.Absent())] }));
        Assert.Equal([ChangeResult.Created, ChangeResult.Deleted, ChangeResult.Checked], done.Results);
        Assert.Equal(["b", "a", "c"], done.Ids);
        Assert.Equal((null, "2"), (world.Body("a"), world.Body("b")));
    }

    [Fact]
    public async Task Nothing_is_applied_before_it_is_saved()
    {
        using var world = new StoreWorld();
        await world.Save(Noop(1, 1));
        world.Store.Apply(3);
        await Eventually.Holds(() => world.Applied.Count == 1, TestContext.Current.CancellationToken);
        await world.Save(Written(1, 2, Put("a")));
        await Eventually.Holds(() => world.Applied.Count == 2, TestContext.Current.CancellationToken);
        Assert.Equal(2, world.Reader.Get("things", "a").Applied.Index);
    }

    [Fact]
    public async Task Only_commands_have_outcomes_and_all_entries_move_the_position()
    {
        using var world = new StoreWorld();
        var configuration = new Configuration(new(Guid.NewGuid()), [new(new("n1"), world.State.Disk)]);
        await world.Save(
            Entry.Create(new(new(1), 1), EntryKind.Configuration, 1, configuration.Encode()), Noop(2, 2), Written(2, 3, Put("a")));
        await world.ApplyThrough(3);
        Assert.Equal([true, true, false], world.Applied.Select(a => a.Outcome is null));
        world.Reopen();
        Assert.Equal(new Position(new(2), 3), world.State.Applied);
    }

    [Fact]
    public async Task Applying_goes_on_after_a_restart_where_it_was()
    {
        using var world = new StoreWorld(new() { UnappliedBytes = 0 });
        await world.Save([.. Enumerable.Range(1, 3000).Select(i => Written(1, i, Put($"d{i}", new string('x', 1000))))]);
        await world.ApplyThrough(1000);
        world.Reopen();
        Assert.Equal(1000, world.State.Applied.Index);
        await world.ApplyThrough(3000);
        Assert.Equal(Enumerable.Range(1, 3000).Select(i => (long)i), world.Applied.Select(a => a.Position.Index));
        Assert.Equal(3000, world.Reader.Collections().Collections.Single().Count);
    }

    [Fact]
    public async Task What_takes_long_to_apply_is_applied_in_several_transactions()
    {
        // The clock is read when a transaction begins, and after each entry; each time 10 ms have passed, of the 20 that it may take.
        using var world = new StoreWorld(time: new SlowTime());
        await world.Save([.. Enumerable.Range(1, 6).Select(i => Written(1, i, Put($"d{i}")))]);
        await world.ApplyThrough(6);
        Assert.Equal([1, 2, 3, 4, 5, 6], world.Applied.Select(a => a.Position.Index));
        Assert.Equal([2, 4, 6], world.Digests.Select(d => d.Index)); // of the state that each of them left
    }

    [Theory]
    [InlineData((byte)EntryKind.Command)]
    [InlineData((byte)9)]
    public async Task An_entry_of_an_unknown_kind_or_format_stops_the_node(byte kind)
    {
        using var world = new StoreWorld();
        await world.Save(Written(1, 1, Put("a")), Entry.Create(new(new(1), 2), (EntryKind)kind, 2, new byte[] { 200, 1, 2 }));
        world.Store.Apply(2);
        await Eventually.Holds(() => world.Failure is InvariantBrokenException, TestContext.Current.CancellationToken);
        Assert.Empty(world.Applied);
        world.Reopen();
        Assert.Equal(0, world.State.Applied.Index);
    }

    [Fact]
    public async Task A_key_takes_effect_once_and_answers_with_its_first_outcome()
    {
        using var world = new StoreWorld();
        var first = await world.Run(Put("a", "1", key: Key("k")));
        var replayed = Assert.IsType<Outcome.Replayed>(await world.Run(Put("b", "2", key: Key("k"))));
        Assert.Equal(new Position(new(1), 1), replayed.At);
        Assert.Equal(Assert.IsType<Outcome.Done>(first).Ids, Assert.IsType<Outcome.Done>(replayed.First).Ids);
        Assert.Null(world.Body("b"));
        world.Reopen();
        Assert.IsType<Outcome.Replayed>(await world.Run(Put("b", "2", key: Key("k"))));
        Assert.IsType<Outcome.KeyMismatch>(await world.Run(Put("b", "2", key: Key("k", fingerprint: 2))));
        Assert.IsType<Outcome.Done>(await world.Run(Put("b", "2", key: Key("k") with { Owner = "another" })));
    }

    [Fact]
    public async Task A_refusal_is_the_first_outcome_of_its_key_like_any_other()
    {
        using var world = new StoreWorld();
        var refused = await world.Run(Put("a", "1", new Condition.Present(), Key("k")));
        await world.Run(Put("a", "2"));
        var replayed = Assert.IsType<Outcome.Replayed>(await world.Run(Put("a", "1", new Condition.Present(), Key("k"))));
        Assert.Equal(refused, replayed.First);
        Assert.Equal("2", world.Body("a"));
    }

    [Fact]
    public async Task What_was_computed_from_another_state_is_no_outcome_and_leaves_no_record()
    {
        using var world = new StoreWorld();
        await world.Run(Put("a", "1"));
        await world.Run(Put("a", "2"));
        var (first, second) = (new Position(new(1), 1), new Position(new(1), 2));
        Assert.Equal(new Outcome.Stale(0), await world.Run(Put("a", "3", new Condition.AsSeen(first), Key("k"))));
        Assert.Equal(new Outcome.Stale(0), await world.Run(Put("a", "3", new Condition.AsSeen(null), Key("k"))));
        Assert.Equal(new Outcome.Stale(0), await world.Run(Put("b", "3", new Condition.AsSeen(first), Key("k"))));
        Assert.Empty(Keys(world));
        Assert.IsType<Outcome.Done>(await world.Run(Put("a", "3", new Condition.AsSeen(second), Key("k"))));
        Assert.IsType<Outcome.Replayed>(await world.Run(Put("a", "3", new Condition.AsSeen(second), Key("k"))));
        Assert.IsType<Outcome.Done>(await world.Run(Put("b", "3", new Condition.AsSeen(null))));
        Assert.Equal("3", world.Body("a"));
    }

    [Fact]
    public async Task A_refusal_that_the_leader_computed_is_the_outcome_where_it_is_still_true()
    {
        using var world = new StoreWorld();
        await world.Run(Put("a", "1"));
        var version = new Position(new(1), 1);
        var fault = new PatchFault(PatchFaultKind.TestFailed, 3, "/a");
        Assert.Equal(new Outcome.PatchFailed(0, version, fault), await world.Run(Refused("a", version, new Refusal.PatchFailed(fault), Key("k1"))));
        Assert.Equal(new Outcome.PreconditionFailed(0, version), await world.Run(Refused("a", version, new Refusal.PreconditionFailed(), Key("k2"))));
        Assert.Equal(new Outcome.PreconditionFailed(0, null), await world.Run(Refused("b", null, new Refusal.PreconditionFailed())));
        Assert.Equal(new Outcome.NotFound(0), await world.Run(Refused("b", null, new Refusal.NotFound(), Key("k3"))));
        Assert.Equal(new Outcome.Stale(0), await world.Run(Refused("a", null, new Refusal.NotFound(), Key("k4"))));
        Assert.Equal([2L, 3L, 5L], Keys(world));
        Assert.Equal(new Outcome.Replayed(new(new(1), 5), new Outcome.NotFound(0)), await world.Run(Refused("b", null, new Refusal.NotFound(), Key("k3"))));

        static Command Refused(string id, Position? seen, Refusal refusal, IdempotencyKey? key = null) =>
            new(key, [new Change.Check("things", id, new Condition.AsSeen(seen), refusal)]);
    }

    [Fact]
    public async Task Both_copies_of_a_request_in_flight_at_once_take_effect_once()
    {
        using var world = new StoreWorld();
        await world.Save(Written(1, 1, Put("a", "1", key: Key("k"))), Written(1, 2, Put("b", "2", key: Key("k"))));
        await world.ApplyThrough(2);
        Assert.IsType<Outcome.Replayed>(world.Applied[1].Outcome);
        Assert.Null(world.Body("b"));
    }

    [Fact]
    public async Task A_key_expires_by_the_time_of_entries_and_of_nothing_else()
    {
        using var world = new StoreWorld();
        var day = (long)TimeSpan.FromHours(24).TotalMilliseconds;
        await world.Run(Put("a", key: Key("k")), timestamp: 1000);
        Assert.IsType<Outcome.Replayed>(await world.Run(Put("a", key: Key("k")), timestamp: 1000 + day - 1));
        Assert.IsType<Outcome.Done>(await world.Run(Put("a", key: Key("k")), timestamp: 1000 + day));
        var again = Assert.IsType<Outcome.Replayed>(await world.Run(Put("a", key: Key("k")), timestamp: 1000 + day + 1));
        Assert.Equal(3, again.At.Index);
    }

    [Fact]
    public async Task An_expired_key_is_free_even_where_it_is_not_forgotten_yet()
    {
        using var world = new StoreWorld();
        var day = (long)TimeSpan.FromHours(24).TotalMilliseconds;
        await world.Save([.. Enumerable.Range(1, 6).Select(i => Written(1, i, Put("a", key: Key($"k{i}")), timestamp: i))]);
        await world.Save(Written(1, 7, Put("b", key: Key("k6", fingerprint: 2)), timestamp: day + 1000));
        await world.ApplyThrough(7);
        Assert.IsType<Outcome.Done>(world.Applied[6].Outcome);
        Assert.Equal([3L, 4L, 5L, 7L], Keys(world));
    }

    [Fact]
    public async Task Expired_keys_are_forgotten_a_few_at_a_time_alike_on_every_node()
    {
        using var one = new StoreWorld();
        using var other = new StoreWorld();
        var day = (long)TimeSpan.FromHours(24).TotalMilliseconds;
        Entry[] entries = [
            .. Enumerable.Range(1, 10).Select(i => Written(1, i, Put($"d{i}", key: Key($"k{i}")), timestamp: i)),
            .. Enumerable.Range(11, 4).Select(i => Written(1, i, Put("e"), timestamp: day + 1000)),
        ];
        await one.Save(entries);
        await one.ApplyThrough(14);
        foreach (var entry in entries)
        {
            await other.Save(entry);
            await other.ApplyThrough(entry.Index);
            other.Reopen();
        }

        Assert.Equal([9L, 10L], Keys(one));
        Assert.Equal([9L, 10L], Keys(other));
    }

    [Fact]
    public void Beyond_a_number_of_keys_the_oldest_is_forgotten_before_its_time()
    {
        using var world = new StoreWorld();
        world.Store.Dispose();
        using var connection = Database.OpenWriter(world.Data.Database, create: false);
        var digest = new RunningDigest();
        for (var index = 1; index <= 8; index++)
        {
            // A table that was just opened counts what is there.
            using var table = new IdempotencyTable(connection, digest, most: 3);
            table.Forget(now: index);
            Assert.Null(table.Find(Key($"k{index}"), index));
            table.Record(Key($"k{index}"), Noop(1, index), OutcomeCodec.Encode(new Outcome.NotFound(0)).Span);
            Assert.Equal(index - 3 <= 0, table.Find(Key("k1"), index) is not null);
        }

        Assert.Equal([6L, 7L, 8L], connection.Query<long>("SELECT idx FROM idempotency ORDER BY idx"));
        using var last = new IdempotencyTable(connection, digest, most: 3);
        last.Forget(now: 9);
        Assert.Equal(new Outcome.Replayed(new(new(1), 6), new Outcome.NotFound(0)), last.Find(Key("k6"), 9));
        last.Forget(now: (long)TimeSpan.FromHours(25).TotalMilliseconds);
        last.Forget(now: (long)TimeSpan.FromHours(25).TotalMilliseconds);
        Assert.Equal(UInt128.Zero, digest.Sum);
    }

    private static List<long> Keys(StoreWorld world) => world.Query("SELECT idx FROM idempotency ORDER BY idx");

    private static Condition.AtVersion At(params Position[] versions) => new(versions);

    private static ChangeResult Result(Outcome outcome) => Assert.IsType<Outcome.Done>(outcome).Results.Single();
}
