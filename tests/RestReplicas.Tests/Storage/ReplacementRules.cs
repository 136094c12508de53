using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

/// <summary>A disk that nobody can start from is set aside, and another one takes its place that is never taken for an empty one.</summary>
public sealed class ReplacementRules : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("replacement-").FullName, "n1");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public void An_empty_directory_is_a_fresh_disk()
    {
        var state = Open(out var note);
        Assert.Equal((false, null), (state.Replacement, note));
    }

    [Theory]
    [InlineData("current", "")]
    [InlineData("current", "gen-")]
    [InlineData("current", "gen-../..")]
    [InlineData("current", "gen-2\n")]
    [InlineData("current", "../elsewhere")]
    [InlineData("current", null)]
    [InlineData("gen-1/replica.db", null)]
    [InlineData("gen-1/replica.db", "")]
    [InlineData("gen-1/replica.db", "????????????????????????????????????????????")]
    public void What_nobody_can_start_from_is_set_aside_for_a_disk_marked_as_a_replacement(string file, string? content)
    {
        var old = Open(out _).Disk;
        var damaged = Path.Combine(_path, file);
        if (content is null)
        {
            File.Delete(damaged);
        }
        else
        {
            File.WriteAllText(damaged, content);
        }

        var state = Open(out var note);
        Assert.NotEqual(old, state.Disk);
        Assert.Equal((true, 0L, null), (state.Replacement, state.Log.LastIndex, state.Cluster));
        var aside = Assert.Single(Aside());
        Assert.Contains(aside, note, StringComparison.Ordinal);
        Assert.True(Directory.Exists(Path.Combine(aside, "gen-1")));

        // For ever, and it is not damage itself.
        Assert.Equal((state.Disk, true), (Open(out note).Disk, Open(out _).Replacement));
        Assert.Null(note);
    }

    [Fact]
    public void A_page_that_is_damaged_sets_the_disk_aside_when_it_is_read()
    {
        Open(out _);
        using (var file = File.OpenWrite(Path.Combine(_path, "gen-1", "replica.db")))
        {
            file.Position = 4096;
            file.Write(new byte[4096 * 3]);
        }

        Assert.True(Open(out _).Replacement);
    }

    [Fact]
    public async Task An_entry_that_is_not_applied_and_not_intact_is_damage_to_a_promise()
    {
        using (var world = new StoreWorld(root: Path.GetDirectoryName(_path)))
        {
            await world.Save(Noop(1, 1), Noop(1, 2));
            await world.ApplyThrough(1);
            world.Close();
            world.Tamper("UPDATE log SET payload = x'00' WHERE idx = 2");
            Directory.Move(world.Path, _path);
            Directory.CreateDirectory(world.Path);
            Assert.True(Open(out var note).Replacement);
            Assert.Contains("1.2", note, StringComparison.Ordinal);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
    }

    [Fact]
    public async Task An_applied_entry_that_is_not_intact_stops_nobody_and_is_never_sent_on()
    {
        using var world = new StoreWorld();
        await world.Save(Written(1, 1, Put("a")), Written(1, 2, Put("b"), 77), Written(1, 3, Put("c"), 99));
        await world.ApplyThrough(3);
        world.Tamper("UPDATE log SET payload = x'00' WHERE idx = 3");
        world.Reopen();
        Assert.Equal((3L, 77L, false), (world.State.Applied.Index, world.State.LastTimestamp, world.State.Replacement));
        Assert.Throws<DamagedEntryException>(() => world.Store.ReadEntries(3, 3, 1));
        Assert.Single(world.Store.ReadEntries(2, 2, 1));
        await world.Save(Written(2, 4, Put("d")));
        await world.ApplyThrough(4);
    }

    /// <summary>A crash may come after every step of setting aside; what it leaves is never an empty directory.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_replacement_that_was_cut_short_is_still_one(bool begun)
    {
        Directory.CreateDirectory(_path);
        File.WriteAllText(Path.Combine(_path, "current"), "damaged-\n");
        if (begun)
        {
            Directory.CreateDirectory(Path.Combine(_path, "gen-1"));
            File.WriteAllText(Path.Combine(_path, "gen-1", "unfinished"), "");
        }

        Assert.True(Open(out _).Replacement);
    }

    [Fact]
    public void The_newest_two_are_kept()
    {
        Open(out _);
        var notes = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            File.WriteAllText(Path.Combine(_path, "current"), $"{i}");
            Open(out var note);
            notes.Add(note!);
        }

        var kept = Aside();
        Assert.Equal(2, kept.Count);
        Assert.All(notes.Skip(2).Zip(kept), pair => Assert.Contains(pair.Second, pair.First, StringComparison.Ordinal));
    }

    [Fact]
    public void The_operator_may_say_that_it_founds_like_an_empty_one()
    {
        Open(out _);
        File.Delete(Path.Combine(_path, "current"));
        Assert.True(Open(out _).Replacement);
        Assert.False(Open(out _, founds: true).Replacement);
        Assert.False(Open(out _).Replacement);
    }

    /// <summary>As a node starts.</summary>
    private StoredState Open(out string? note, bool founds = false)
    {
        using var directory = DataDirectory.Open(_path, "test");
        try
        {
            return Load(directory, founds);
        }
        catch (DamagedDiskException e)
        {
            directory.SetAside(e.Message);
            return Load(directory, founds);
        }
        finally
        {
            note = directory.SetAsideNote;
        }
    }

    private static StoredState Load(DataDirectory directory, bool founds)
    {
        using var store = ReplicaStore.Open(directory, new() { Reserve = 0 }, TimeProvider.System, NullLogger<ReplicaStore>.Instance);
        return store.Load(founds);
    }

    private List<string> Aside() => [.. Directory.EnumerateDirectories(_path, "damaged-*").Order(StringComparer.Ordinal)];
}
