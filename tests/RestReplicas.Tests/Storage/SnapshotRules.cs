using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using RestReplicas.Documents;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

public sealed class SnapshotRules
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_snapshot_is_what_is_applied_with_its_log_and_nothing_of_the_disk()
    {
        using var world = new StoreWorld();
        await world.Saves(world.Enqueue(new(new(2), world.State.Disk), null, Noop(1, 1), Written(1, 2, Put("a")), Noop(2, 3)));
        await world.Save(Written(2, 4, Put("b")), Noop(3, 5), Written(3, 6, Put("c")));
        await world.ApplyThrough(4);
        world.Store.Trim(1);
        await Eventually.Holds(() => world.Query("SELECT idx FROM base").Single() == 1, Cancellation);
        using var files = world.Files();
        var snapshot = await Take(files);

        Assert.Equal(new Position(new(2), 4), snapshot!.At);
        using var stream = files.Open(snapshot.Id)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        Assert.Equal((snapshot.Bytes, snapshot.Checksum), (bytes.LongLength, Convert.ToHexStringLower(SHA256.HashData(bytes))));
        Assert.Equal(-1, bytes.AsSpan().IndexOf(world.State.Disk.Value.ToByteArray()));
        var file = File(world, snapshot);
        Assert.Empty(Sql(file, "SELECT only FROM node"));
        Assert.Equal([2, 3, 4], Sql(file, "SELECT idx FROM log"));
        Assert.Equal([4], Sql(file, "SELECT last FROM outcomes"));
        Assert.Equal([1, 3], Sql(file, "SELECT first FROM terms"));
        Assert.Equal([1], Sql(file, "SELECT idx FROM base"));
        Assert.Equal([2], Sql(file, "SELECT count(*) FROM documents"));
    }

    [Fact]
    public async Task A_snapshot_taken_amid_writes_is_one_state()
    {
        using var world = new StoreWorld();
        const int entries = 3000;
        for (var index = 1; index <= entries; index++)
        {
            var body = BitConverter.GetBytes(index);
            world.Enqueue(null, null, Written(1, index, new(null, [
                new Change.Put("things", "a", null, body), new Change.Put("things", "b", null, body), new Change.Put("things", $"n{index}", null, body)])));
            world.Store.Apply(index);
        }

        await Eventually.Holds(() => world.Applied.Count > 50, Cancellation);
        using var files = world.Files();
        for (var i = 0; i < 3; i++)
        {
            var snapshot = await Take(files);
            var file = File(world, snapshot!);
            Assert.Equal([snapshot!.At.Index, snapshot.At.Index], Sql(file, "SELECT idx FROM documents WHERE id IN ('a', 'b')"));
            Assert.Equal([snapshot.At.Index + 2], Sql(file, "SELECT count(*) FROM documents"));
            Assert.Equal(snapshot.At, SnapshotFile.Check(file, snapshot).At);
        }

        Assert.Null(world.Failure);
        await Eventually.Holds(() => world.Applied.Count == entries, Cancellation);
    }

    [Fact]
    public async Task A_new_snapshot_replaces_the_one_before_but_not_under_its_reader()
    {
        using var world = new StoreWorld();
        await world.Run(Put("a"));
        using var files = world.Files();
        var first = await Take(files);
        using var stream = files.Open(first!.Id)!;
        await world.Run(Put("b"));
        var second = await Take(files);

        Assert.Null(files.Open(first.Id));
        Assert.Equal([File(world, second!)], Directory.EnumerateFiles(world.Data.Snapshots));
        Assert.Equal(first.Checksum, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, Cancellation)));
    }

    [Fact]
    public async Task One_that_cannot_be_made_leaves_the_one_before_and_nothing_else()
    {
        using var world = new StoreWorld();
        await world.Run(Put("a"));
        await world.Run(Put("b"));
        using var files = world.Files();
        var kept = File(world, (await Take(files))!);

        var free = world.Data.FreeBytes;
        world.Data.FreeBytes = () => 1 << 20;
        Assert.Null(await Take(files));
        var looks = 0;
        world.Data.FreeBytes = () => looks++ == 0 ? long.MaxValue : 0;
        await world.Run(new(null, [.. Enumerable.Range(0, 20_000).Select(i => new Change.Put("things", $"n{i}", null, default))]));
        Assert.Null(await Take(files));
        Assert.True(looks > 1);
        world.Data.FreeBytes = free;
        Damage(world.Data.Database, "UPDATE log SET payload = x'00' WHERE idx = 2");
        Assert.Null(await Take(files));

        Assert.Equal([kept], Directory.EnumerateFiles(world.Data.Snapshots));
        Assert.Null(world.Failure);
        await world.Run(Put("c"));
    }

    [Fact]
    public async Task A_start_removes_the_snapshots_of_the_process_before()
    {
        using var world = new StoreWorld();
        await world.Run(Put("a"));
        using (var files = world.Files())
        {
            await Take(files);
            await System.IO.File.WriteAllTextAsync(Path.Combine(world.Data.Snapshots, "half.db"), "?", Cancellation);
        }

        world.Reopen();
        Assert.Empty(Directory.EnumerateFiles(world.Data.Snapshots));
    }

    [Fact]
    public async Task An_order_while_one_is_being_made_is_answered_as_well()
    {
        using var world = new StoreWorld();
        await world.Run(Put("a"));
        using var files = world.Files();
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Take(files)));
        Assert.NotNull(answers[^1]);
        Assert.Single(Directory.EnumerateFiles(world.Data.Snapshots));
    }

    internal static void Damage(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string File(StoreWorld world, Snapshot snapshot) => Path.Combine(world.Data.Snapshots, $"{snapshot.Id:N}.db");

    private static List<long> Sql(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        return [.. Dapper.SqlMapper.Query<long>(connection, sql)];
    }
}
