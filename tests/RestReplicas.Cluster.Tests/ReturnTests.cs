using System.Diagnostics;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace RestReplicas.Cluster.Tests;

/// <summary>
/// A node that was away for longer than the log is kept, whose state is damaged, or whose disk is lost: each is back in step
/// without an operator, under load, and nothing that was acknowledged is missing afterwards.
/// </summary>
public sealed class ReturnTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly ClusterShape SmallLog = new()
    {
        Settings =
        {
            ["Storage__LogWindowBytes"] = "65536",
            ["Storage__LogBytes"] = "65536",
            ["Replication__SnapshotPin"] = "00:00:01",
            ["Replication__ReplaceAfter"] = "00:00:01",
        },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_follower_that_was_away_for_too_long_is_sent_a_snapshot()
    {
        var (cluster, load) = await StartUnderLoad();
        var away = (await cluster.Followers())[0];
        var saved = (await Status(away)).GetProperty("saved").GetInt64();
        await away.Kill();
        await Eventually.Holds(
            async () => (await Status(await cluster.Leader())).GetProperty("logFrom").GetInt64() > saved + 1,
            Limit,
            () => "the leader's log no longer reaches back so far");

        await Time("away for too long", async () =>
        {
            away.Start();
            await IsBack(away);
        });

        Assert.Contains(File.ReadLines(away.Log), line => line.Contains("is in place", StringComparison.Ordinal));
        await End(cluster, load);
    }

    [Fact]
    public async Task A_damaged_follower_is_repaired_and_a_damaged_leader_hands_over_first()
    {
        var (cluster, load) = await StartUnderLoad();
        foreach (var (broken, role) in new[] { ((await cluster.Followers())[0], "follower"), (await cluster.Leader(), "leader") })
        {
            var (id, body) = BreakRow(broken);
            await Time($"a broken row on a {role}", async () =>
            {
                Assert.NotEqual(body, await Read(broken, id)); // not the wrong body either: it has a hash
                await IsBack(broken);
                await Eventually.Holds(async () => await Read(broken, id) == body, Limit, () => "the row is whole again");
            });
            Assert.Contains(File.ReadLines(broken.Log), line => line.Contains("The state here is damaged", StringComparison.Ordinal));
            await load.Progresses(Limit);
        }

        await End(cluster, load);
    }

    [Theory]
    [InlineData("wiped")]
    [InlineData("unreadable")]
    public async Task A_voter_whose_disk_is_lost_comes_back_by_itself(string disk)
    {
        var (cluster, load) = await StartUnderLoad();
        var lost = (await cluster.Followers())[0];
        await lost.Kill();
        if (disk == "wiped")
        {
            Directory.Delete(lost.Settings["Node__DataDirectory"]!, recursive: true);
        }
        else
        {
            await File.WriteAllBytesAsync(Database(lost), new byte[4096], Cancellation);
        }

        await Time($"a disk that is {disk}", async () =>
        {
            lost.Start();
            await IsBack(lost);
            await cluster.AllVote();
        });
        await End(cluster, load);
    }

    private async Task<(TestCluster Cluster, Workload Load)> StartUnderLoad()
    {
        var cluster = await StartCluster(SmallLog);
        var load = new Workload(4, cluster.Nodes.Select(n => n.Url));
        await load.Progresses(Limit);
        return (cluster, load);
    }

    private static async Task End(TestCluster cluster, Workload load)
    {
        await using var ended = load;
        await load.Progresses(Limit);
        await cluster.AllReady();
        await Accounting.Settle(cluster, await load.Stop());
    }

    private static async Task Time(string what, Func<Task> untilBack)
    {
        var clock = Stopwatch.StartNew();
        await untilBack();
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: back after {clock.ElapsedMilliseconds} ms");
    }

    private static Task IsBack(ReplicaProcess node) => Eventually.Holds(
        async () => await node.Is("/health/ready") && (await Status(node)).GetProperty("damage").ValueKind == JsonValueKind.Null,
        Limit,
        () => $"{node.Name} is back");

    /// <summary>What the node says of itself.</summary>
    private static async Task<JsonElement> Status(ReplicaProcess node)
    {
        using var picture = JsonDocument.Parse(await node.Http.GetStringAsync(new Uri("/cluster", UriKind.Relative), Cancellation));
        return picture.RootElement.GetProperty("nodes").EnumerateArray().Single(n => n.GetProperty("name").GetString() == node.Name).Clone();
    }

    private static async Task<string?> Read(ReplicaProcess node, string id)
    {
        using var answer = await node.Http.GetAsync(new Uri($"/v1/{Workload.Collection}/{id}", UriKind.Relative), Cancellation);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(Cancellation) : null;
    }

    /// <summary>Another body in one row, behind the node's back; returns the right one.</summary>
    private static (string Id, string Body) BreakRow(ReplicaProcess node)
    {
        using var file = new SqliteConnection($"Data Source={Database(node)};Pooling=False;Default Timeout=30");
        file.Open();
        using var command = file.CreateCommand();
        command.CommandText = "SELECT id, body FROM documents ORDER BY number LIMIT 1";
        using var row = command.ExecuteReader();
        Assert.True(row.Read());
        var (id, body) = (row.GetString(0), System.Text.Encoding.UTF8.GetString((byte[])row.GetValue(1)));
        row.Close();
        command.CommandText = "UPDATE documents SET body = x'7b7d' WHERE id = $id";
        command.Parameters.AddWithValue("$id", id);
        Assert.Equal(1, command.ExecuteNonQuery());
        return (id, body);
    }

    private static string Database(ReplicaProcess node)
    {
        var data = node.Settings["Node__DataDirectory"]!;
        return Path.Combine(data, File.ReadAllText(Path.Combine(data, "current")).Trim(), "replica.db");
    }
}
