using RestReplicas.Documents;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

public sealed class DamageRules
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("body = x'7b207d'")]
    [InlineData("hash = zeroblob(16)")]
    [InlineData("hash = x''")]
    [InlineData("idx = 2")]
    [InlineData("term = 0")]
    [InlineData("updated_at = updated_at + 1")]
    public async Task A_row_that_is_not_what_was_written_is_never_read_as_a_document(string damage)
    {
        using var world = await With("a", "b");
        world.Tamper($"UPDATE documents SET {damage} WHERE id = 'a'");
        Assert.Contains("things/a", Assert.Throws<DamagedStateException>(() => world.Reader.Get("things", "a")).Message, StringComparison.Ordinal);
        Assert.Throws<DamagedStateException>(() => world.List("things", null, 10));
        Assert.NotNull(world.Reader.Get("things", "b").Document);
        Assert.Equal("b", Assert.Single(world.List("things", "a", 10).Items).Id);
    }

    [Fact]
    public async Task A_document_under_anothers_name_is_damage()
    {
        using var world = await With("a", "b");
        world.Tamper("UPDATE documents SET id = 'c' WHERE id = 'a'");
        Assert.Throws<DamagedStateException>(() => world.Reader.Get("things", "c"));
    }

    [Fact]
    public async Task A_condition_is_not_judged_by_a_damaged_row_and_the_log_goes_on()
    {
        using var world = await With("a", "b");
        world.Tamper("UPDATE documents SET idx = 7 WHERE id = 'a'");
        await world.Save(Written(1, 3, Put("c")), Written(1, 4, Put("a", "2", new Condition.Present())), Written(1, 5, Put("d")));
        world.Store.Apply(5);
        await Eventually.Holds(() => world.Damage.Count == 1, Cancellation);
        Assert.Contains("things/a", world.Damage[0], StringComparison.Ordinal);

        await world.Saves(world.Enqueue(new(new(3), world.State.Disk), null, Noop(3, 6)));
        Assert.Equal((null, 2L), (world.Failure, world.Reader.Get("things", "b").Applied.Index));
        Assert.Null(world.Body("c"));
        world.Reopen();
        Assert.Equal((new Term(3), 6L, 2L), (world.State.Term, world.State.Log.LastIndex, world.State.Applied.Index));
    }

    [Fact]
    public async Task What_is_saved_in_the_transaction_that_meets_damage_is_saved_all_the_same()
    {
        using var world = await With("a", "b");
        world.Tamper("UPDATE documents SET idx = 7 WHERE id = 'a'");
        world.Close();
        world.Open(start: false);
        var ticket = world.Enqueue(new(new(3), world.State.Disk), null, Written(3, 3, Put("c")), Written(3, 4, Put("a", "2", new Condition.Present())));
        world.Store.Apply(4);
        world.Start();
        await world.Saves(ticket);
        await Eventually.Holds(() => world.Damage.Count == 1, Cancellation);
        await world.Saves(world.Enqueue(null, null, Noop(3, 5)));
        Assert.Equal((null, 2L), (world.Failure, world.Reader.Get("things", "b").Applied.Index));
        world.Reopen();
        Assert.Equal((new Term(3), 5L, 2L), (world.State.Term, world.State.Log.LastIndex, world.State.Applied.Index));
    }

    [Fact]
    public async Task A_damaged_idempotency_record_replays_nothing()
    {
        using var world = new StoreWorld();
        await world.Run(Put("a", key: Key("k")));
        world.Tamper("UPDATE idempotency SET fingerprint = x'07'");
        await world.Save(Written(1, 2, Put("a", key: Key("k"))));
        world.Store.Apply(2);
        await Eventually.Holds(() => world.Damage.Count == 1, Cancellation);
    }

    [Theory]
    [InlineData("UPDATE documents SET body = x'7b207d' WHERE id = 'd70'", "things/d70")]
    [InlineData("UPDATE idempotency SET outcome = x'00' WHERE key = 'k9'", "index 9")]
    [InlineData("DELETE FROM documents WHERE id = 'd50'", "add up")]
    [InlineData("DELETE FROM idempotency WHERE key = 'k50'", "add up")]
    [InlineData("UPDATE applied SET digest = x'00000000000000000000000000000001'", "add up")]
    public async Task Rows_that_nobody_reads_are_checked_in_the_background(string damage, string told)
    {
        using var world = new StoreWorld();
        await world.Save([.. Enumerable.Range(1, 100).Select(i => Written(1, i, Put($"d{i}", key: Key($"k{i}"))))]);
        await world.ApplyThrough(100);
        world.Tamper(damage);
        world.Reopen();
        await Eventually.Holds(() => world.Damage.Count == 1, Cancellation);
        Assert.Contains(told, world.Damage[0], StringComparison.Ordinal);
        Assert.Null(world.Failure);
    }

    [Fact]
    public async Task A_document_that_its_index_has_lost_is_damage()
    {
        using var world = await With("a", "b");
        world.Tamper("""
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, 'UNIQUE (collection, id)', 'UNIQUE (id, collection)') WHERE name = 'documents';
            """);
        world.Reopen();
        await Eventually.Holds(() => world.Damage.Count == 1, Cancellation);
        Assert.Contains("by its name", world.Damage[0], StringComparison.Ordinal);
    }

    /// <summary>A pass takes some ticks, and writes change rows behind it and before it; the last one finds a single bit.</summary>
    [Fact]
    public async Task Writes_beside_the_check_are_never_taken_for_damage()
    {
        using var world = new StoreWorld(new() { CheckBytesPerSecond = 1 << 20 });
        var random = new Random(7);
        for (var pass = 0; pass < 4; pass++)
        {
            for (var started = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(2);)
            {
                var id = $"d{random.Next(3000)}";
                var key = random.Next(3) == 0 ? Key($"k{random.Next(50)}") : null;
                await world.Run(random.Next(4) == 0 ? Delete(id) : Put(id, new string('x', random.Next(900)), key: key), timestamp: world.Applied.Count * 900_000);
            }

            Assert.Equal((0, null), (world.Damage.Count, world.Failure));
            world.Reopen();
        }

        world.Tamper("UPDATE applied SET digest = x'00000000000000000000000000000001'");
        world.Reopen();
        await Eventually.Holds(() => world.Damage.Count == 1, Cancellation);
    }

    [Fact]
    public async Task The_mark_of_damage_outlives_the_process_and_goes_with_the_generation()
    {
        using var world = await With("a");
        Assert.Null(world.State.Damaged);
        world.Store.MarkDamaged("for a reason");
        await Eventually.Holds(() => File.Exists(Path.Combine(world.Data.Generation, "damaged")), Cancellation);
        world.Reopen();
        Assert.Equal("for a reason", world.State.Damaged);
    }

    private static async Task<StoreWorld> With(params string[] ids)
    {
        var world = new StoreWorld();
        foreach (var id in ids)
        {
            await world.Run(Put(id));
        }

        return world;
    }
}
