using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using RestReplicas.Documents;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

public sealed class SavingRules
{
    private static readonly DiskId _someDisk = new(Guid.NewGuid());

    [Fact]
    public void A_new_directory_is_an_empty_disk_with_an_id_that_it_keeps()
    {
        using var world = new StoreWorld();
        var disk = world.State.Disk;
        Assert.NotEqual(default, disk);
        Assert.Equal(
            (null, Term.Zero, null, Position.Zero, Position.Zero, 0L),
            (world.State.Cluster, world.State.Term, world.State.VotedFor, world.State.Log.Last, world.State.Applied, world.State.LastTimestamp));
        world.Reopen();
        Assert.Equal(disk, world.State.Disk);
    }

    [Fact]
    public async Task What_was_saved_is_there_after_a_restart()
    {
        using var world = new StoreWorld();
        var cluster = new ClusterId(Guid.NewGuid());
        var configuration = new Configuration(cluster, [new(new("n1"), world.State.Disk)]);
        var founding = Entry.Create(new(new(2), 1), EntryKind.Configuration, 5, configuration.Encode());
        world.Enqueue(new(new(2), world.State.Disk), null, founding);
        await world.Saves(world.Enqueue(new(new(7), null), null, Noop(7, 2), Written(7, 3, Put("a"), 99)));
        world.Reopen();
        var state = world.State;
        Assert.Equal((new Term(7), null, cluster), (state.Term, state.VotedFor, state.Cluster));
        Assert.Equal([(1, new Term(2)), (2, new Term(7))], state.Log.Runs);
        Assert.Equal((new Position(new(7), 3), 99L), (state.Log.Last, state.LastTimestamp));
        var (index, kept) = Assert.Single(state.Configurations);
        Assert.Equal((1, cluster, configuration.Voters[0]), (index, kept.Cluster, kept.Voters[0]));
    }

    [Fact]
    public async Task What_was_reported_saved_survives_without_a_clean_stop()
    {
        using var world = new StoreWorld();
        await world.Saves(world.Enqueue(new(new(3), _someDisk), null, Noop(3, 1), Written(3, 2, Put("a", """{"n":1}"""))));
        await world.ApplyThrough(2);
        await world.Save(Written(3, 3, Put("b")));

        using var crashed = DataDirectory.Open(world.CopyOfFiles(), "test");
        using var store = ReplicaStore.Open(crashed, new(), TimeProvider.System, NullLogger<ReplicaStore>.Instance);
        var state = store.Load();
        Assert.Equal((new Term(3), _someDisk), (state.Term, state.VotedFor));
        Assert.Equal((3L, 2L), (state.Log.LastIndex, state.Applied.Index));
        using var reader = new DocumentReader(crashed, new());
        Assert.Equal("""{"n":1}"""u8.ToArray(), reader.Get("things", "a").Document!.Body);
        Assert.Null(reader.Get("things", "b").Document);
    }

    [Fact]
    public async Task A_crash_amid_writing_keeps_what_was_reported_and_nothing_by_halves()
    {
        using var world = new StoreWorld(new() { CheckpointBytes = 1L << 30, MaxWalBytes = 2L << 30 });
        const int documents = 3;
        for (var index = 1; index <= 2000; index++)
        {
            var body = new byte[index];
            world.Enqueue(null, null, Written(1, index, new(null, [
                .. Enumerable.Range(0, documents).Select(i => new Change.Put("things", $"d{i}", null, body))])));
            world.Store.Apply(index);
        }

        await Eventually.Holds(() => world.Applied.Count > 100, TestContext.Current.CancellationToken);
        var (saved, applied) = (world.Saved.Count, world.Applied.Count);

        // No checkpoint comes between the copies of the two files.
        using var crashed = DataDirectory.Open(world.CopyOfFiles(), "test");
        using var store = ReplicaStore.Open(crashed, new(), TimeProvider.System, NullLogger<ReplicaStore>.Instance);
        var state = store.Load();
        Assert.InRange(state.Log.LastIndex, saved, 2000);
        Assert.InRange(state.Applied.Index, applied, state.Log.LastIndex);
        using var reader = new DocumentReader(crashed, new());
        var (at, items, _) = List(reader, "things", null, 10);
        Assert.Equal(state.Applied, at);
        Assert.All(items, item => Assert.Equal((at, at.Index), (item.Version, item.Body.Length)));
        Assert.Equal(documents, items.Count);
        Assert.Equal(documents, reader.Collections().Collections.Single().Count);
    }

    [Fact]
    public async Task Tickets_are_reported_in_order_and_each_once()
    {
        using var world = new StoreWorld();
        for (var index = 1; index <= 500; index++)
        {
            world.Enqueue(null, null, Noop(1, index));
        }

        await world.Saves(500);
        Assert.Equal(Enumerable.Range(1, 500).Select(i => (long)i), world.Saved);
    }

    [Fact]
    public void What_is_queued_together_is_one_transaction()
    {
        using var world = new StoreWorld();
        world.Close();
        world.Open(start: false);
        world.Enqueue(new(new(1), null), null, Noop(1, 1));
        world.Enqueue(null, null, Noop(1, 2));

        // The third cannot be: so neither can those before it, which shares their transaction.
        world.Enqueue(new(Term.Zero, null), null, Noop(1, 3));
        world.Start();
        Assert.True(SpinWait.SpinUntil(() => world.Failure is not null, TimeSpan.FromSeconds(60)));
        Assert.Empty(world.Saved);
        world.Reopen();
        Assert.Equal((Term.Zero, 0), (world.State.Term, world.State.Log.LastIndex));
    }

    [Fact]
    public async Task A_conflicting_suffix_is_replaced_and_its_commands_are_kept_for_people()
    {
        using var world = new StoreWorld();
        await world.Save(Noop(1, 1), Written(1, 2, Put("kept")), Noop(2, 3), Written(2, 4, Put("lost", "{\n\"n\": 1.0}")), Written(3, 5, Delete("gone")));
        await world.Saves(world.Enqueue(new(new(4), null), removeFrom: 3, Noop(4, 3)));
        Assert.Equal(2, world.Store.RolledBackCommands);
        var lines = await File.ReadAllLinesAsync(Path.Combine(world.Data.RolledBack, "2.4.jsonl"), TestContext.Current.CancellationToken);
        Assert.Equal(2, lines.Length);
        using var first = JsonDocument.Parse(lines[0]);
        Assert.Equal("2.4", first.RootElement.GetProperty("position").GetString());
        Assert.Equal("{\n\"n\": 1.0}", first.RootElement.GetProperty("changes")[0].GetProperty("body").GetString());
        using var second = JsonDocument.Parse(lines[1]);
        Assert.Equal("delete", second.RootElement.GetProperty("changes")[0].GetProperty("change").GetString());

        Assert.Equal([new(new(1), 2), new(new(4), 3)], world.Store.ReadEntries(2, 9, 1 << 20).Select(e => e.Position));
        world.Reopen();
        Assert.Equal([(1, new Term(1)), (3, new Term(4))], world.State.Log.Runs);
    }

    [Fact]
    public async Task A_rolled_back_file_that_cannot_be_written_stops_nothing()
    {
        using var world = new StoreWorld();
        Directory.Delete(world.Data.RolledBack);
        await world.Save(Written(1, 1, Put("a")));
        await world.Saves(world.Enqueue(null, removeFrom: 1, Noop(2, 1)));
        Assert.Null(world.Failure);
        Assert.Equal(new Position(new(2), 1), Assert.Single(world.Store.ReadEntries(1, 9, 1)).Position);
    }

    [Fact]
    public void A_disk_that_is_full_fails_the_save_once_and_loses_nothing_before_it()
    {
        using var world = new StoreWorld(new() { MaxDatabaseBytes = 200_000, Reserve = 0 });
        var entries = 0;
        while (world.Failure is null && entries < 1000)
        {
            var ticket = world.Enqueue(null, null, Written(1, ++entries, Put("a", new string('x', 10_000))));
            Assert.True(SpinWait.SpinUntil(() => world.Failure is not null || world.Saved.Contains(ticket), TimeSpan.FromSeconds(60)));
        }

        const int full = 13;
        Assert.Equal(full, Assert.IsType<SqliteException>(world.Failure).SqliteErrorCode);
        world.Enqueue(null, null, Noop(1, 2000));
        var saved = world.Saved.Count;
        Assert.Equal(entries - 1, saved);
        world.Reopen();
        Assert.Equal(saved, world.State.Log.LastIndex);
        Assert.Equal(saved, world.Saved.Count);
    }

    [Fact]
    public async Task A_term_never_goes_back_on_a_disk()
    {
        using var world = new StoreWorld();
        await world.Saves(world.Enqueue(new(new(5), _someDisk), null));
        world.Enqueue(new(new(4), null), null);
        await Eventually.Holds(() => world.Failure is InvariantBrokenException, TestContext.Current.CancellationToken);
        world.Reopen();
        Assert.Equal((new Term(5), _someDisk), (world.State.Term, world.State.VotedFor));
    }

    [Fact]
    public async Task What_is_applied_is_never_removed()
    {
        using var world = new StoreWorld();
        await world.Save(Noop(1, 1), Noop(1, 2));
        await world.ApplyThrough(2);
        world.Enqueue(null, removeFrom: 2, Noop(2, 2));
        await Eventually.Holds(() => world.Failure is InvariantBrokenException, TestContext.Current.CancellationToken);
        Assert.Equal(new Term(1), world.Store.ReadEntries(2, 2, 1)[0].Term);
    }

    [Fact]
    public async Task Entries_are_read_whole_and_within_the_bytes_asked_for()
    {
        using var world = new StoreWorld();
        var entries = Enumerable.Range(1, 10).Select(i => Written(1, i, Put("a", new string('x', 1000)))).ToArray();
        await world.Save(entries);
        var size = entries[0].Payload.Length;
        Assert.Equal([2, 3, 4], world.Store.ReadEntries(2, 10, (3 * size) + 1).Select(e => e.Index));
        Assert.Equal([2], world.Store.ReadEntries(2, 10, 1).Select(e => e.Index));
        Assert.Equal([9, 10], world.Store.ReadEntries(9, 99, 1 << 20).Select(e => e.Index));
        Assert.Empty(world.Store.ReadEntries(11, 99, 1 << 20));
        var read = world.Store.ReadEntries(1, 1, 1)[0];
        Assert.True(read.IsIntact && read.Payload.Span.SequenceEqual(entries[0].Payload.Span));
    }

    [Fact]
    public async Task A_damaged_entry_is_never_read_as_a_good_one()
    {
        using var world = new StoreWorld();
        await world.Save(Written(1, 1, Put("a")), Written(1, 2, Put("b")));
        await world.ApplyThrough(1);
        world.Close();
        using (var connection = new SqliteConnection($"Data Source={world.Data.Database};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE log SET payload = x'00' WHERE idx = 2";
            command.ExecuteNonQuery();
        }

        using var directory = DataDirectory.Open(world.Path, "test");
        using (var store = ReplicaStore.Open(directory, new(), TimeProvider.System, NullLogger<ReplicaStore>.Instance))
        {
            Assert.Throws<DamagedEntryException>(() => store.ReadEntries(1, 2, 1 << 20));
            Assert.Single(store.ReadEntries(1, 1, 1 << 20));
            Assert.Contains("1.2", Assert.Throws<DamagedDiskException>(() => store.Load()).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_wal_stays_within_its_bound()
    {
        using var world = new StoreWorld(new() { CheckpointBytes = 1 << 20, MaxWalBytes = 2 << 20 });
        for (var index = 1; index <= 2000; index++)
        {
            world.Enqueue(null, null, Written(1, index, Put($"d{index % 50}", new string('x', 20_000))));
            if (index % 20 == 0)
            {
                await world.Saves(index);
                world.Store.Apply(index);
            }
        }

        await world.ApplyThrough(2000);

        // 80 MB went through it. One transaction may overshoot the bound.
        Assert.InRange(new FileInfo(world.Data.Database + "-wal").Length, 1 << 20, 8 << 20);
        Assert.Equal(50, world.Reader.Collections().Collections[0].Count);
    }

    [Fact]
    public async Task The_wal_is_copied_by_a_thread_of_low_priority_and_the_writer_keeps_its_own()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only there has a thread a priority of its own");
        using var world = new StoreWorld();
        await Eventually.Holds(
            () => Niceness("checkpoint") is [_, ..] copying && copying.TrueForAll(n => n == 10), TestContext.Current.CancellationToken);
        Assert.All(Niceness("storage"), n => Assert.True(n < 10));
    }

    /// <summary>Of this process's threads of that name (proc_pid_stat(5): the 17th value after the name).</summary>
    private static List<int> Niceness(string thread)
    {
        var found = new List<int>();
        foreach (var task in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                var stat = File.ReadAllText(Path.Combine(task, "stat")).Split($" ({thread}) ");
                found.AddRange(stat.Skip(1).Select(values => int.Parse(values.Split(' ')[16], CultureInfo.InvariantCulture)));
            }
            catch (IOException)
            {
                // It has ended.
            }
        }

        return found;
    }
}
