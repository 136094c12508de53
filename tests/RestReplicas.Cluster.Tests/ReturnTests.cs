using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace RestReplicas.Cluster.Tests;

/// <summary>
/// A node that was away for longer than the log is kept, whose state is damaged, or whose disk is lost: each is back in step
/// without an operator, under load, and nothing that was acknowledged is missing afterwards.
/// </summary>
[MostlyWaiting]
public sealed class ReturnTests : ClusterTest
{
    private const string Collection = "long";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly ClusterShape SmallLog = new()
    {
        Settings =
        {
            ["Storage__LogWindowBytes"] = "65536",
            ["Storage__LogBytes"] = "65536",
            ["Storage__CheckpointBytes"] = "1048576",
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
            var body = await WriteLong(await cluster.Leader(), role);
            await Break(broken, body);
            await Time($"a turned bit on a {role}", async () =>
            {
                await Eventually.Holds(
                    async () =>
                    {
                        var read = await Read(broken, role);
                        Assert.True(read is null || read == body, "what is damaged is never served");
                        return File.ReadLines(broken.Log).Any(line => line.Contains("The state here is damaged", StringComparison.Ordinal));
                    },
                    Limit,
                    () => "the damage is noticed");
                await IsBack(broken);
                await Eventually.Holds(async () => await Read(broken, role) == body, Limit, () => "the document is whole again");
            });
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
        Assert.All(cluster.Nodes, IsHeld);
    }

    /// <summary>Another process would not see the lock under which the node's own connections read and write.</summary>
    private static void IsHeld(ReplicaProcess node)
    {
        using var connection = new SqliteConnection($"Data Source={Database(node)};Pooling=False;Default Timeout=1");
        var refusal = Assert.Throws<SqliteException>(() =>
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM documents";
            command.ExecuteScalar();
        });
        Assert.Equal(5, refusal.SqliteErrorCode); // SQLITE_BUSY
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
        using var answer = await node.Http.GetAsync(new Uri($"/v1/{Collection}/{id}", UriKind.Relative), Cancellation);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(Cancellation) : null;
    }

    /// <summary>A document that has pages of the file to itself, so that no other write makes them anew. Returns its body.</summary>
    private static async Task<string> WriteLong(ReplicaProcess leader, string id)
    {
        var body = $$"""{"long":"{{Convert.ToHexString(RandomNumberGenerator.GetBytes(8192))}}"}""";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await leader.Http.PutAsync(new Uri($"/v1/{Collection}/{id}", UriKind.Relative), content, Cancellation);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return body;
    }

    /// <summary>
    /// Turns one bit of a body on the disk, behind the node's back, once it is no longer in the log. What the WAL holds hides it
    /// until the WAL begins anew.
    /// </summary>
    private static async Task Break(ReplicaProcess node, string body)
    {
        var (part, found) = (Encoding.UTF8.GetBytes(body[8192..8256]), new List<int>());
        var written = (await Status(node)).GetProperty("saved").GetInt64();
        await Eventually.Holds(
            async () =>
            {
                var file = await File.ReadAllBytesAsync(Database(node), Cancellation);
                found.Clear();
                for (var at = file.AsSpan().IndexOf(part); at >= 0; at = Array.IndexOf(file, part[0], at + 1))
                {
                    if (file.AsSpan(at).StartsWith(part))
                    {
                        found.Add(at);
                    }
                }

                return found.Count > 0 && (await Status(node)).GetProperty("logFrom").GetInt64() > written + 1;
            },
            Limit,
            () => "a checkpoint has copied it, and the log is trimmed");
        using var handle = File.OpenHandle(Database(node), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        found.ForEach(at => RandomAccess.Write(handle, [(byte)(part[0] ^ 1)], at));
    }

    private static string Database(ReplicaProcess node)
    {
        var data = node.Settings["Node__DataDirectory"]!;
        return Path.Combine(data, File.ReadAllText(Path.Combine(data, "current")).Trim(), "replica.db");
    }
}
