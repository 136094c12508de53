using Microsoft.Data.Sqlite;
using RestReplicas.Documents;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

public sealed class SpaceRules
{
    private const long Reserve = 1 << 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void The_reserve_is_a_file_that_really_takes_its_room()
    {
        using var world = new StoreWorld(new() { Reserve = Reserve });
        var file = Path.Combine(world.Path, "reserve");
        Assert.Equal(Reserve, new FileInfo(file).Length);
        Assert.True(AllocatedBytes(file) >= Reserve);
        Assert.False(world.IsLow);
    }

    [Fact]
    public async Task A_reserve_that_somebody_removed_is_made_again()
    {
        using var world = new StoreWorld(new() { Reserve = Reserve });
        File.Delete(Path.Combine(world.Path, "reserve"));
        await Eventually.Holds(() => world.Space is [.., true, false] && File.Exists(Path.Combine(world.Path, "reserve")), Cancellation);
    }

    [Fact]
    public async Task A_database_at_its_bound_gives_the_reserve_up_and_fails_nothing_until_that_is_used_up_too()
    {
        using var world = new StoreWorld(new() { MaxDatabaseBytes = 6 << 20, Reserve = Reserve });
        var entries = await FillUntilLow(world);
        Assert.Null(world.Failure);
        Assert.False(File.Exists(Path.Combine(world.Path, "reserve")));
        Assert.Equal(entries, world.Saved.Count);

        // What the reserve is for: votes, deletes, trimming.
        await world.Saves(world.Enqueue(new(new(2), world.State.Disk), null));
        world.Store.Trim(entries);
        for (var i = 1; i <= entries; i++)
        {
            await world.Save(Written(2, entries + i, Delete($"d{i}")));
            await world.ApplyThrough(entries + i);
        }

        world.Store.Trim(2 * entries);
        await Eventually.Holds(() => !world.IsLow, Cancellation);
        Assert.True(File.Exists(Path.Combine(world.Path, "reserve")));
        Assert.Null(world.Failure);
    }

    [Fact]
    public async Task Without_room_beyond_the_reserve_the_save_fails_and_leaves_nothing_behind()
    {
        using var world = new StoreWorld(new() { MaxDatabaseBytes = 6 << 20, Reserve = Reserve });
        var entries = await FillUntilLow(world);
        while (world.Failure is null)
        {
            var ticket = world.Enqueue(null, null, Written(1, ++entries, Put("more", new string('x', 100_000))));
            await Eventually.Holds(() => world.Failure is not null || world.Saved.Contains(ticket), Cancellation);
        }

        Assert.IsType<SqliteException>(world.Failure);
        var saved = world.Saved.Count;
        world.Reopen();
        Assert.Equal(saved, world.State.Log.LastIndex);
        await Eventually.Holds(() => world.IsLow, Cancellation);
    }

    /// <summary>The same on a file system that is full, where the machine lets the test mount one.</summary>
    [Fact]
    public async Task A_full_file_system_is_low_and_takes_what_the_reserve_has_room_for()
    {
        using var disk = SmallDisk.TryMount(megabytes: 16);
        if (disk is null)
        {
            TestContext.Current.TestOutputHelper!.WriteLine("No file system could be mounted: only the bound of the database was tested.");
            return;
        }

        using var world = new StoreWorld(new() { Reserve = 2 << 20 }, root: Directory.CreateDirectory(Path.Combine(disk.Path, "store")).FullName);
        await world.Run(Put("a", "1"));
        disk.Fill();
        await Eventually.Holds(() => world.IsLow, Cancellation);
        await world.Save([.. Enumerable.Range(2, 10).Select(i => Written(1, i, Put($"d{i}", new string('x', 50_000))))]);
        await world.ApplyThrough(11);
        await world.Saves(world.Enqueue(new(new(7), world.State.Disk), null));
        Assert.Equal((null, "1"), (world.Failure, world.Body("a")));
        Assert.False(File.Exists(Path.Combine(world.Path, "reserve")));

        // A start on the full disk, too.
        world.Reopen();
        Assert.Equal((new Term(7), 11L), (world.State.Term, world.State.Applied.Index));
        await Eventually.Holds(() => world.IsLow, Cancellation);
        disk.MakeRoom();
        await Eventually.Holds(() => !world.IsLow && File.Exists(Path.Combine(world.Path, "reserve")), Cancellation);
    }

    /// <summary>Nothing is kept in reserve, and all that was written is in the WAL: its room in the file was taken before.</summary>
    [Fact]
    public async Task A_checkpoint_needs_no_room_nor_does_a_start()
    {
        using var disk = SmallDisk.TryMount(megabytes: 48);
        using var world = new StoreWorld(
            new() { Reserve = 0, CheckpointBytes = 64 << 20, MaxWalBytes = 128 << 20 },
            root: disk is null ? null : Directory.CreateDirectory(Path.Combine(disk.Path, "store")).FullName);
        await world.Save([.. Enumerable.Range(1, 100).Select(i => Written(1, i, Put($"d{i}", new string('x', 50_000))))]);
        await world.ApplyThrough(100);
        Assert.True(new FileInfo(world.Data.Database).Length < 1 << 20);
        Assert.True(AllocatedBytes(world.Data.Database) > 9 << 20);
        if (disk is null)
        {
            TestContext.Current.TestOutputHelper!.WriteLine("No file system could be mounted: only that the room is taken was tested.");
            return;
        }

        disk.Fill();
        world.Reopen();
        Assert.Equal(100, world.State.Applied.Index);
        Assert.True(new FileInfo(world.Data.Database).Length > 9 << 20);
        await world.Save(Written(1, 101, Delete("d1")));
        await world.ApplyThrough(101);
        Assert.Null(world.Failure);
    }

    private static async Task<int> FillUntilLow(StoreWorld world)
    {
        var entries = 0;
        while (!world.IsLow && entries < 1000)
        {
            await world.Save(Written(1, ++entries, Put($"d{entries}", new string('x', 20_000))));
            await world.ApplyThrough(entries);
        }

        Assert.InRange(entries, 50, 999);
        return entries;
    }

    /// <summary>What the kernel says, which a file that is only long does not fool.</summary>
    private static long AllocatedBytes(string file)
    {
        using var stat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%b", file]) { RedirectStandardOutput = true })!;
        return long.Parse(stat.StandardOutput.ReadToEnd(), System.Globalization.CultureInfo.InvariantCulture) * 512;
    }
}
