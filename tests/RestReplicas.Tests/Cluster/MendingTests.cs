using Microsoft.Data.Sqlite;
using RestReplicas.Cluster;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;

namespace RestReplicas.Tests.Cluster;

/// <summary>Protocol.md §9, <em>Damaged promises</em>: a committed entry that a disk has spoilt is fetched again from a peer.</summary>
public sealed class MendingTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("restreplicas-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_leader_whose_entry_is_spoilt_fetches_it_again_and_feeds_its_follower()
    {
        // What is sent to the follower that comes back is to be read from the file: neither from memory, nor repeated from before.
        await using var cluster = await TestCluster.Start(3, _directory, Cancellation, ("Replication:TailBytes", "65536"), ("Replication:BatchRetries", "0"));
        var leader = await cluster.Leader(Cancellation);
        var away = cluster.Nodes.First(node => node != leader);
        var name = away.Status.Name.Value;
        await cluster.Stop(away);
        var spoilt = await Write(leader, "spoilt");
        var last = await Write(leader, "last", new string('x', 100_000)); // so that what came before is no longer in memory
        await cluster.Nodes.First(node => node != leader).Until(s => s.Applied.Index >= last.Index, Cancellation);
        Spoil(leader, spoilt.Index);

        var back = await cluster.Start(name, Cancellation);

        await back.Until(s => s.Applied.Index >= last.Index, Cancellation);
        Assert.Equal("{\"id\":\"spoilt\"}", back.Body("spoilt"));
        await Eventually.Holds(() => leader.Reader.AppliedEntry(spoilt) is not null, Cancellation);
    }

    [Fact]
    public async Task A_snapshot_that_a_spoilt_entry_prevents_is_made_once_it_is_mended()
    {
        await using var cluster = await TestCluster.Start(2, _directory, Cancellation);
        var leader = await cluster.Leader(Cancellation);
        var other = cluster.Nodes.First(node => node != leader);
        var spoilt = await Write(leader, "spoilt");
        await other.Until(s => s.Applied.Index >= spoilt.Index, Cancellation);
        Spoil(other, spoilt.Index);

        Assert.Null(await Take(other));

        // Whoever needs a snapshot asks for it again, and with it for the entry, should no peer have answered in time.
        await Eventually.Holds(async () => await Take(other) is not null, Cancellation);
        Assert.NotNull(other.Reader.AppliedEntry(spoilt));
    }

    private static async Task<Position> Write(TestNode node, string id, string more = "")
    {
        var result = await node.Node.Write(TestNode.Put(id, $"{{\"id\":\"{id}{more}\"}}"), Acks.Majority, TimeSpan.FromSeconds(30), Cancellation);
        return Assert.IsType<WriteResult.Applied>(result).Position;
    }

    private static async Task<Snapshot?> Take(TestNode node)
    {
        var taken = new TaskCompletionSource<Snapshot?>(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Snapshots.Take(answer => taken.TrySetResult((answer as SnapshotTaken)?.Snapshot));
        return await taken.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
    }

    /// <summary>As a disk does it: the payload is another than was saved.</summary>
    private void Spoil(TestNode node, long index)
    {
        var file = Directory.GetFiles(Path.Combine(_directory, node.Status.Name.Value), "*.db", SearchOption.AllDirectories)
            .Single(f => f.Contains("gen-", StringComparison.Ordinal));
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA busy_timeout = 10000; UPDATE log SET payload = x'00' WHERE idx = $index";
        command.Parameters.AddWithValue("$index", index);
        Assert.Equal(1, command.ExecuteNonQuery());
    }
}
