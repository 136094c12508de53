using System.Net;

namespace RestReplicas.Cluster.Tests;

/// <summary>No majority of the disks is left: one disk, or a backup, becomes a cluster again.</summary>
public sealed class RecoverTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_disk_of_three_is_recovered_and_the_others_join_it()
    {
        var cluster = await StartCluster(new() { RedisServers = 0 });
        var documents = await Write(cluster, 200);
        var (one, others) = (cluster.Nodes[0], cluster.Nodes.Skip(1).ToList());
        await cluster.AllReady();
        Assert.Equal(1, await Recover(one, out var refused, "--force"));
        Assert.Contains("in use by another process", refused(), StringComparison.Ordinal);
        await Task.WhenAll(cluster.Nodes.Select(n => n.Kill()));
        others.ForEach(n => Directory.Delete(n.Settings["Node__DataDirectory"]!, recursive: true));

        Assert.Equal(0, await Recover(one, out var told));
        Assert.Contains("n1 is the only voter of a new cluster", told(), StringComparison.Ordinal);
        one.Start();
        await cluster.Leader();
        await Holds(one, documents);
        using (var written = await one.Http.PutAsync("/v1/books/new", Json("""{"after":true}"""), Cancellation))
        {
            Assert.Equal(HttpStatusCode.Created, written.StatusCode);
            Assert.True(long.Parse(written.Headers.GetValues("Replica-Position").Single().Split('.')[0], null) > 1_000_000);
        }

        foreach (var other in others)
        {
            other.Start();
            await other.WaitUntilLive();
            await Eventually.Holds(
                async () =>
                {
                    using var answer = await one.Http.PutAsync($"/cluster/voters/{other.Name}", null, Cancellation);
                    return answer.IsSuccessStatusCode;
                },
                Limit,
                () => $"{other.Name} becomes a voter");
        }

        await cluster.AllReady();
        await Holds(others[0], documents);
        await one.Kill();
        await cluster.Leader(one);
        await Holds(others[1], documents);
    }

    [Fact]
    public async Task A_backup_taken_under_load_founds_a_cluster_elsewhere()
    {
        var cluster = await StartCluster(new() { RedisServers = 0 });
        var documents = await Write(cluster, 100);
        await cluster.AllReady();
        var follower = (await cluster.Followers())[0];
        await Holds(follower, documents);
        var backup = Path.Combine(Path.GetDirectoryName(follower.Log)!, "backup.db");
        var more = Write(cluster, 100, "later");
        using (var answer = await follower.Http.GetAsync("/cluster/backup", HttpCompletionOption.ResponseHeadersRead, Cancellation))
        {
            Assert.Equal((HttpStatusCode.OK, "application/vnd.sqlite3"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
            var bytes = await answer.Content.ReadAsByteArrayAsync(Cancellation);
            Assert.Equal(answer.Content.Headers.ContentLength, bytes.Length);
            await File.WriteAllBytesAsync(backup, bytes, Cancellation);
        }

        await more;
        await Write(cluster, 1, "lost");
        var lost = await Position(await cluster.Leader());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(follower.Settings["Node__DataDirectory"]!, "snapshots"), "backup-*"));

        var elsewhere = PrepareCluster(new() { Replicas = 1, RedisServers = 0 });
        var node = elsewhere.Nodes[0];
        Assert.Equal(1, await Recover(node, out var refused, "--from", backup + ".not"));
        Assert.Contains("There is no", refused(), StringComparison.Ordinal);
        Assert.Equal(1, await Recover(node, out refused, "--from", node.Log));
        Assert.Equal(1, await Recover(node, out refused, "--from", backup));
        Assert.Contains("The voters in force include n2", refused(), StringComparison.Ordinal);
        Assert.Equal(0, await Recover(node, out _, "--from", backup, "--force"));
        Assert.Equal(1, await Recover(node, out refused, "--from", backup, "--force"));
        Assert.Contains("empty directory", refused(), StringComparison.Ordinal);
        node.Start();
        await elsewhere.Leader();
        await Holds(node, documents);
        await IsReset(node, lost);
    }

    [Fact]
    public async Task Nothing_is_recovered_beside_a_voter_that_answers()
    {
        var cluster = await StartCluster(new() { RedisServers = 0 });
        await Write(cluster, 1);
        var follower = (await cluster.Followers())[0];
        await follower.Kill();
        Assert.Equal(1, await Recover(follower, out var refused));
        Assert.Contains("stop all nodes first", refused(), StringComparison.Ordinal);
        follower.Start();
        await cluster.AllReady();
    }

    [Theory]
    [InlineData("'--frm' is not an option of recover", "--frm", "x")]
    [InlineData("'no name' is not a node's name", "--name", "no name")]
    [InlineData("needs a value", "--data")]
    public async Task A_mistake_is_one_sentence(string sentence, params string[] arguments)
    {
        var node = PrepareCluster(new() { Replicas = 1, RedisServers = 0 }).Nodes[0];
        Assert.Equal(1, await Recover(node, out var told, arguments));
        Assert.Contains(sentence, Assert.Single(told().Trim().Split('\n')), StringComparison.Ordinal);
    }

    private static Task<int> Recover(ReplicaProcess node, out Func<string> told, params string[] arguments)
    {
        var process = new ChildProcess(Programs.DotNet, [Programs.Replica, "recover", .. arguments], node.Settings);
        told = () => string.Join('\n', process.Output);
        return End();

        async Task<int> End()
        {
            await using (process)
            {
                return await process.WaitForExit(Limit);
            }
        }
    }

    private static async Task<string> Position(ReplicaProcess node)
    {
        using var answer = await node.Http.GetAsync("/v1", Cancellation);
        return answer.Headers.GetValues("Replica-Position").Single();
    }

    /// <summary>A reader of the changes that was shown, before the restore, what this cluster never had.</summary>
    private static async Task IsReset(ReplicaProcess node, string position)
    {
        using var poll = await node.Http.GetAsync($"/v1/_changes?since={position}", Cancellation);
        Assert.Equal(HttpStatusCode.Conflict, poll.StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/_changes");
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Add("Last-Event-ID", position);
        using var stream = await node.Http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        Assert.Contains("event: reset\n", await stream.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, string>> Write(TestCluster cluster, int count, string prefix = "d")
    {
        var leader = await cluster.Leader();
        var documents = Enumerable.Range(1, count).ToDictionary(i => $"{prefix}{i}", i => $$"""{"n":{{i}},"text":"{{new string('x', i)}}"}""");
        foreach (var (id, body) in documents)
        {
            using var answer = await leader.Http.PutAsync($"/v1/books/{id}?acks=all", Json(body), Cancellation);
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        }

        return documents;
    }

    /// <summary>Linearizable, for what all voters have saved (<c>acks=all</c>) is not yet applied by all.</summary>
    private static async Task Holds(ReplicaProcess node, Dictionary<string, string> documents)
    {
        foreach (var (id, body) in documents)
        {
            Assert.Equal(body, await node.Http.GetStringAsync($"/v1/books/{id}?consistency=linearizable", Cancellation));
        }
    }

    private static StringContent Json(string body) => new(body, System.Text.Encoding.UTF8, "application/json");
}
