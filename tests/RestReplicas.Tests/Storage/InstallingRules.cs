using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RestReplicas.Documents;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.SnapshotRules;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

public sealed class InstallingRules
{
    private static readonly ClusterId _cluster = new(Guid.NewGuid());
    private static readonly HardState _hard = new(new(7), new(Guid.NewGuid()));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_disk_becomes_what_the_snapshot_holds_and_keeps_its_own_promises()
    {
        using var source = await Leader();
        using var target = new StoreWorld();
        var disk = target.State.Disk;
        Assert.Equal(0, target.Install(await source.SendSnapshot(target), _hard));

        for (var start = 0; start < 2; start++)
        {
            Assert.Equal((disk, _hard.Term, _hard.VotedFor, _cluster), (target.State.Disk, target.State.Term, target.State.VotedFor, target.State.Cluster));
            Assert.Equal((new Position(new(3), 6), 2L), (target.State.Applied, target.State.Log.Base));
            Assert.Equal(source.State.Log.Runs, target.State.Log.Runs);
            Assert.Equal([1L], target.State.Configurations.Select(c => c.Index));
            Assert.Equal(("A", "B"), (target.Body("a"), target.Body("b")));
            Assert.EndsWith("gen-2", target.Data.Generation, StringComparison.Ordinal);
            Assert.Equal([target.Data.Generation], Generations(target.Path));
            Assert.Empty(Directory.EnumerateFiles(target.Data.Incoming));
            target.Reopen();
        }

        await target.Save(Written(7, 7, Put("c", "C")));
        await target.ApplyThrough(7);
        Assert.Equal("C", target.Body("c"));
    }

    [Fact]
    public async Task A_repair_keeps_the_log_that_follows()
    {
        using var source = await Leader();
        using var target = await Leader();
        Damage(target.Data.Database, "UPDATE documents SET body = x'00'");
        var (tail, last) = (Written(4, 8, Put("late", "L"), 99), Written(5, 9, Put("later"), 100));
        await target.Save(Noop(4, 7), tail, last);
        Assert.Equal(0, target.Install(await source.SendSnapshot(target), _hard, keepsLog: true));

        Assert.Equal((new Position(new(5), 9), 6L, 100L), (target.State.Log.Last, target.State.Applied.Index, target.State.LastTimestamp));
        Assert.Equal([(1L, new Term(1)), (4, new Term(3)), (7, new Term(4)), (9, new Term(5))], target.State.Log.Runs);
        Assert.Equal(tail.Payload.ToArray(), target.Store.ReadEntries(8, 8, 1 << 20).Single().Payload.ToArray());
        Assert.Equal("A", target.Body("a"));
        await target.ApplyThrough(9);
        Assert.Equal("L", target.Body("late"));
        Assert.Empty(Directory.EnumerateFiles(target.Data.RolledBack));
    }

    [Fact]
    public async Task Commands_that_the_snapshot_does_not_contain_are_kept_for_people()
    {
        using var source = await Leader();
        using var target = new StoreWorld();
        var same = source.Store.ReadEntries(3, 3, 1 << 20);
        await target.Save(Configured(), Noop(1, 2), same[0], Written(2, 4, Put("x", "lost")), Noop(2, 5), Written(2, 6, Put("y")));
        await target.ApplyThrough(2);
        Assert.Equal(2, target.Install(await source.SendSnapshot(target), _hard));

        var file = Assert.Single(Directory.EnumerateFiles(target.Data.RolledBack));
        Assert.Equal("2.4.jsonl", Path.GetFileName(file));
        var lines = await File.ReadAllLinesAsync(file, Cancellation);
        Assert.Contains("lost", lines[0], StringComparison.Ordinal);
        Assert.Equal((2, 6L), (lines.Length, target.State.Log.LastIndex));
    }

    [Fact]
    public async Task A_rolled_back_file_that_cannot_be_written_stops_nothing()
    {
        using var source = await Leader();
        using var target = new StoreWorld();
        await target.Save(Configured(), Noop(1, 2), Written(2, 3, Put("x")));
        var snapshot = await source.SendSnapshot(target);
        Directory.Delete(target.Data.RolledBack);
        await File.WriteAllTextAsync(target.Data.RolledBack, "in the way", Cancellation);
        Assert.Equal(0, target.Install(snapshot, _hard));
        Assert.Equal("A", target.Body("a"));
        File.Delete(target.Data.RolledBack);
    }

    [Fact]
    public async Task A_crash_at_any_step_leaves_the_old_state_or_the_new_one()
    {
        using var source = await Leader();
        using var target = new StoreWorld();
        await target.Save(Configured(), Written(1, 2, Put("mine", "M")));
        await target.ApplyThrough(2);
        var (disk, snapshot) = (target.State.Disk, await source.SendSnapshot(target));
        var crashes = new List<(string Step, string Path)>();
        target.Data.Passed = step => crashes.Add((step, target.CopyOfAll($"crash-{step}")));
        target.Install(snapshot, _hard);

        Assert.Equal(["begun", "moved", "filled", "switched", "removed"], crashes.Select(c => c.Step));
        foreach (var (step, path) in crashes)
        {
            using var directory = DataDirectory.Open(path, "test");
            using var store = ReplicaStore.Open(directory, new(), TimeProvider.System, NullLogger<ReplicaStore>.Instance);
            var state = store.Load();
            using var reader = new DocumentReader(directory, new());
            var switched = step is "switched" or "removed";
            Assert.Equal((disk, switched ? 6 : 2), (state.Disk, state.Applied.Index));
            Assert.Equal(switched ? _hard.Term : Term.Zero, state.Term);
            Assert.Equal(switched ? "A" : null, Text(reader, "a"));
            Assert.Equal(switched ? null : "M", Text(reader, "mine"));
            Assert.Equal([directory.Generation], Generations(path));
        }
    }

    [Theory]
    [InlineData("begun")]
    [InlineData("moved")]
    [InlineData("filled")]
    public async Task A_failure_before_the_switch_changes_nothing(string at)
    {
        using var source = await Leader();
        using var target = new StoreWorld();
        await target.Run(Put("mine", "M"));
        var snapshot = await source.SendSnapshot(target);
        target.Data.Passed = step => Assert.True(step == at ? throw new IOException("injected") : true);
        Assert.Throws<IOException>(() => target.Install(snapshot, _hard));

        Assert.Equal(("M", null), (target.Body("mine"), target.Body("a")));
        Assert.Equal([target.Data.Generation], Generations(target.Path));
        target.Data.Passed = null;
        target.Install(await source.SendSnapshot(target), _hard);
        Assert.Equal("A", target.Body("a"));
    }

    [Theory]
    [InlineData("UPDATE log SET payload = x'00' WHERE idx = 5")]
    [InlineData("UPDATE log SET idx = 99 WHERE idx = 5")]
    [InlineData("DELETE FROM log WHERE idx = 5")]
    [InlineData("UPDATE applied SET idx = 5")]
    [InlineData("UPDATE applied SET digest = zeroblob(16)")]
    [InlineData("UPDATE documents SET body = x'00' WHERE id = 'a'")]
    [InlineData("DELETE FROM documents WHERE id = 'a'")]
    [InlineData("UPDATE base SET term = 9")]
    [InlineData("UPDATE terms SET term = 9 WHERE first = 1")]
    [InlineData("INSERT INTO node VALUES (1, 'test', x'00', NULL, 9, NULL, 0, 0)")]
    [InlineData("PRAGMA application_id = 1")]
    [InlineData("PRAGMA user_version = 999")]
    [InlineData("PRAGMA user_version = 1")]
    [InlineData("DROP TABLE idempotency")]
    [InlineData(null)]
    public async Task What_is_not_the_snapshot_is_refused_with_nothing_changed(string? damage)
    {
        using var source = await Leader();
        using var target = new StoreWorld();
        await target.Run(Put("mine", "M"));
        var snapshot = await source.SendSnapshot(target);
        var file = target.Data.IncomingFile(snapshot.Id);
        if (damage is not null)
        {
            Damage(file, damage);
            snapshot = snapshot with { Bytes = new FileInfo(file).Length };
        }
        else
        {
            snapshot = snapshot with { Bytes = snapshot.Bytes + 1 };
        }

        Assert.Throws<InvalidDataException>(() => target.Install(snapshot, _hard));
        Assert.Equal("M", target.Body("mine"));
        Assert.Equal([Path.Combine(target.Path, "gen-1")], Generations(target.Path));
    }

    [Fact]
    public async Task A_page_that_the_disk_spoiled_is_found()
    {
        using var source = await Leader();
        using var target = new StoreWorld();
        var snapshot = await source.SendSnapshot(target);
        var file = target.Data.IncomingFile(snapshot.Id);
        var bytes = await File.ReadAllBytesAsync(file, Cancellation);
        bytes.AsSpan(4096, 4096).Fill(0xA5);
        await File.WriteAllBytesAsync(file, bytes, Cancellation);
        Assert.Throws<InvalidDataException>(() => target.Install(snapshot, _hard));
    }

    [Fact]
    public async Task Another_clusters_snapshot_is_refused()
    {
        using var source = await Leader();
        using var target = new StoreWorld();
        await target.Save(Entry.Create(
            new(new(1), 1), EntryKind.Configuration, 1, new Configuration(new(Guid.NewGuid()), [new(new("n1"), target.State.Disk)]).Encode()));
        var snapshot = await source.SendSnapshot(target);
        Assert.Throws<InvalidDataException>(() => target.Install(snapshot, _hard));
        Assert.Equal(1, target.State.Log.LastIndex);
    }

    [Fact]
    public async Task A_term_never_goes_back()
    {
        using var source = await Leader();
        using var target = new StoreWorld();
        await target.Saves(target.Enqueue(new(new(9), null), null));
        var snapshot = await source.SendSnapshot(target);
        Assert.Throws<InvariantBrokenException>(() => target.Install(snapshot, _hard));
        Assert.Equal(new Term(9), target.State.Term);
    }

    [Fact]
    public async Task Reads_under_way_end_on_the_state_that_they_began_on_and_its_mark_goes_with_it()
    {
        using var source = await Leader();
        using var target = new StoreWorld();
        await target.Run(Put("mine", "M"));
        var snapshot = await source.SendSnapshot(target);
        target.Data.MarkDamaged("as the leader said");
        using var pool = new ReaderPool(target.Data, 4);
        pool.Use(reader =>
        {
            using var transaction = reader.Connection.BeginTransaction(deferred: true);
            Assert.Equal(1, Count(reader));
            target.Install(snapshot, _hard);
            Assert.Equal(1, Count(reader));
            return 0;
        });
        Assert.Equal(2, pool.Use(Count));
        Assert.Null(target.Data.Damage);

        static long Count(ReadingConnection reader) => Dapper.SqlMapper.QuerySingle<long>(reader.Connection, "SELECT count(*) FROM documents");
    }

    [Fact]
    public async Task Idle_readers_of_an_old_generation_keep_no_room()
    {
        using var source = await Leader();
        using var target = new StoreWorld();
        await target.Run(Put("mine"));
        Assert.NotNull(target.Body("mine"));
        target.Install(await source.SendSnapshot(target), _hard);
        Assert.DoesNotContain(
            new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos(),
            open => open.LinkTarget?.StartsWith(Path.Combine(target.Path, "gen-1"), StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_rebuilt_database_holds_all_that_the_old_one_did()
    {
        using var world = await Leader();
        await world.Saves(world.Enqueue(_hard, null, Written(4, 7, Put("late"))));
        var before = world.State;
        world.Store.Dispose();
        world.Data.Rebuild();
        world.OpenStore();

        Assert.EndsWith("gen-2", world.Data.Generation, StringComparison.Ordinal);
        Assert.Equal((before.Disk, _hard.Term, _hard.VotedFor, _cluster), (world.State.Disk, world.State.Term, world.State.VotedFor, world.State.Cluster));
        Assert.Equal((new Position(new(4), 7), 2L, 6L), (world.State.Log.Last, world.State.Log.Base, world.State.Applied.Index));
        Assert.Equal("A", world.Body("a"));
        await world.ApplyThrough(7);
        world.Reopen();
        Assert.Equal(7, world.State.Applied.Index);
        Assert.Equal([world.Data.Generation], Generations(world.Path));
    }

    [Fact]
    public async Task What_cannot_be_rebuilt_is_a_damaged_disk_and_left_as_it_is()
    {
        using var world = await Leader();
        await world.Save(Written(4, 7, Put("late")));
        Damage(world.Data.Database, "UPDATE log SET payload = x'00' WHERE idx = 7");
        world.Store.Dispose();
        Assert.Contains("the disk is damaged", Assert.Throws<StartupException>(world.Data.Rebuild).Message, StringComparison.Ordinal);
        Assert.EndsWith("gen-1", world.Data.Generation, StringComparison.Ordinal);
        Assert.Equal([world.Data.Generation], Generations(world.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rebuilt_database_does_not_forget_that_its_state_is_damaged(bool wasMarked)
    {
        using var world = await Leader();
        world.Store.Dispose();
        Assert.Null(world.Data.Damage);
        if (wasMarked)
        {
            world.Data.MarkDamaged("as the leader said");
        }
        else
        {
            Damage(world.Data.Database, "UPDATE documents SET body = x'00'");
        }

        world.Data.Rebuild();
        Assert.Contains(wasMarked ? "as the leader said" : "things/", world.Data.Damage, StringComparison.Ordinal);
        world.OpenStore();
        Assert.Equal(6, world.State.Log.LastIndex);
    }

    private static Entry Configured() => Entry.Create(
        new(new(1), 1), EntryKind.Configuration, 1, new Configuration(_cluster, [new(new("n1"), new(Guid.Empty))]).Encode());

    /// <summary>A log of six entries in terms 1 and 3, applied, and trimmed through the second.</summary>
    private static async Task<StoreWorld> Leader()
    {
        var world = new StoreWorld();
        await world.Save(Configured(), Noop(1, 2), Written(1, 3, Put("a", "A")));
        await world.Save(Noop(3, 4), Written(3, 5, Put("b", "B")), Noop(3, 6));
        await world.ApplyThrough(6);
        world.Store.Trim(2);
        await Eventually.Holds(() => world.Query("SELECT idx FROM base").Single() == 2, Cancellation);
        world.Reopen();
        return world;
    }

    private static IEnumerable<string> Generations(string path) => Directory.EnumerateDirectories(path, "gen-*");

    private static string? Text(DocumentReader reader, string id) =>
        reader.Get("things", id).Document is { } document ? Encoding.UTF8.GetString(document.Body) : null;
}
