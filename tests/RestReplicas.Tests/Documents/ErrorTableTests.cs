using System.Net;
using System.Net.Sockets;
using System.Text;
using RestReplicas.Protocol;
using RestReplicas.Tests.Cluster;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>The rows of the error table that need a cluster in trouble.</summary>
[Collection(WebClusters.Name)]
public class ErrorTableTests
{
    /// <summary>A leader that nobody answers stays one long enough to be asked.</summary>
    private static readonly (string, string)[] Patient =
    [
        ("Replication:QuorumTimeout", "00:00:06"), ("Replication:ElectionSilence", "00:00:07"), ("Lease:Ttl", "00:00:30"),
    ];

    [Fact]
    public async Task Without_a_leader_a_write_waits_and_then_certainly_did_not_happen()
    {
        await using var cluster = WebCluster.Empty(3);
        var node = await cluster.Start("n1");

        var watch = TimeProvider.System.GetTimestamp();
        var problem = (await node.Put("/v1/books/x?timeout=300", "{}")).IsProblem(503, "no-leader");
        Assert.InRange(TimeProvider.System.GetElapsedTime(watch).TotalMilliseconds, 290, 5000);
        Assert.Null(problem["Replica-Position"]);
        Assert.Null(problem["Replica-Leader"]);
        Assert.Equal(("n1", "unknown"), (problem["Replica-Node"], problem["Replica-Staleness"]));

        (await node.Send("DELETE", "/v1/books/x?timeout=50")).IsProblem(503, "no-leader");
        (await node.Get("/v1/books/x?timeout=50&consistency=leader")).IsProblem(503, "no-leader");
        (await node.Get("/v1/books/x?timeout=50&consistency=linearizable")).IsProblem(503, "no-leader");
        (await node.Get("/v1/books/x?timeout=50&maxStaleness=1000")).IsProblem(504, "too-stale");
        (await node.Get("/v1/books/x?timeout=50&minPosition=1.5")).IsProblem(504, "too-stale");
        (await node.Get("/v1/books/x")).IsProblem(404, "not-found");
        Assert.Equal("unknown", (await node.Get("/v1/_positions/1.5")).Is(200).Member("state"));
        (await node.Get("/health/live")).Is(200);
        (await node.Get("/health/ready")).IsProblem(503, "not-ready");
        (await node.Get("/health/leader")).Is(503);
        (await node.Get("/health/follower")).Is(503);
        var picture = (await node.Get("/cluster")).Is(200).Json;
        Assert.Equal((false, 0), (picture.GetProperty("quorum").GetBoolean(), picture.GetProperty("tolerates").GetInt32()));
        Assert.Equal([true, false, false], picture.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("reachable").GetBoolean()));
    }

    [Fact]
    public async Task A_write_that_comes_during_an_election_waits_for_the_leader()
    {
        await using var cluster = WebCluster.Empty(3);
        var node = await cluster.Start("n1");
        var write = node.Put("/v1/books/x?timeout=20000", "{}");
        var read = node.Get("/v1/books/x?timeout=20000&consistency=linearizable");
        Assert.False(write.IsCompleted);

        await Task.WhenAll(cluster.Start("n2"), cluster.Start("n3"));
        var leader = await cluster.Leader();

        (await write).Is(leader == node ? 201 : 307);
        Assert.True((await read).Status is 200 or 404);
    }

    [Fact]
    public async Task A_write_without_a_majority_may_have_happened_and_can_be_looked_up()
    {
        await using var cluster = await WebCluster.Start(3, Patient);
        var leader = await cluster.Leader();
        var others = cluster.Nodes.Where(node => node != leader).Select(node => node.Name).ToArray();
        await cluster.Stop(others);

        var write = leader.Put("/v1/books/x?timeout=400", "{}");
        var read = leader.Get("/v1/books/x?timeout=400&consistency=linearizable");

        var unknown = (await write).IsProblem(504, "outcome-unknown", "unknown");
        Assert.Equal(unknown.Member("position"), unknown["Replica-Position"]);
        Assert.Contains($"/v1/_positions/{unknown.Member("position")}", unknown.Member("detail"), StringComparison.Ordinal);
        (await read).IsProblem(503, "no-quorum");
        (await leader.Get("/v1/books/x?maxStaleness=10&timeout=300")).IsProblem(504, "too-stale");
        Assert.Equal("pending", (await leader.Get($"/v1/_positions/{unknown.Member("position")}")).Member("state"));

        foreach (var name in others)
        {
            await cluster.Start(name);
        }

        await cluster.Leader();
        await Eventually.Holds(
            async () => (await leader.Get($"/v1/_positions/{unknown.Member("position")}")).Member("state") is "committed" or "lost",
            TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_write_that_not_all_have_in_time_is_committed_all_the_same()
    {
        await using var cluster = await WebCluster.Start(3, Patient);
        var leader = await cluster.Leader();
        await cluster.Stop(cluster.Nodes.First(node => node != leader).Name);

        var incomplete = (await leader.Put("/v1/books/x?acks=all&timeout=500", "{\"n\":1}")).IsProblem(504, "acks-incomplete", "committed");

        Assert.Equal("2/3", incomplete["Replica-Acks"]);
        Assert.Equal(incomplete.Member("position"), incomplete["Replica-Position"]);
        Assert.Equal("{\"n\":1}", (await leader.Get("/v1/books/x")).Text);
        Assert.Equal("committed", (await leader.Get($"/v1/_positions/{incomplete.Member("position")}")).Member("state"));

        // A refusal is what it is, however many have it.
        (await leader.Put("/v1/books/x?acks=all&timeout=500", "{}", ("If-None-Match", "*"))).IsProblem(412, "precondition-failed");
    }

    [Fact]
    public async Task More_writes_than_may_wait_are_refused_and_none_of_those_happens()
    {
        await using var cluster = await WebCluster.Start(3, [.. Patient, ("Replication:WriteQueue", "1")]);
        var leader = await cluster.Leader();
        var others = cluster.Nodes.Where(node => node != leader).Select(node => node.Name).ToArray();
        await cluster.Stop(others);

        var writes = Enumerable.Range(0, 5).Select(i => leader.Put($"/v1/books/{i}?timeout=30000", "{}")).ToList();
        while (writes.Count > 1)
        {
            var refused = await Task.WhenAny(writes);
            writes.Remove(refused);
            Assert.Null((await refused).IsProblem(429, "overloaded")["Replica-Position"]);
        }

        await Task.WhenAll(others.Select(name => cluster.Start(name)));
        (await writes[0]).Is(201);
        Assert.Single((await leader.Get("/v1/books")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Bodies_take_no_more_memory_than_they_may()
    {
        var directory = Directory.CreateTempSubdirectory("restreplicas-");
        await using (var node = await WebNode.StartAlone(directory.FullName, ("Writes:BodyBytes", "2097152"), ("Documents:MaxBatchBytes", "1048576")))
        {
            var slow = new List<TcpClient>();
            await Eventually.Holds(
                async () =>
                {
                    // It may itself be refused, if it meets the write below.
                    var client = new TcpClient();
                    slow.Add(client);
                    await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, new Uri(node.Url).Port), TestContext.Current.CancellationToken);
                    await client.GetStream().WriteAsync(
                        "PUT /v1/books/slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048576\r\n\r\n{"u8.ToArray(),
                        TestContext.Current.CancellationToken);
                    return (await node.Put("/v1/books/x", "{}")).Status == 429;
                },
                TestContext.Current.CancellationToken);

            (await node.Put("/v1/books/x", "{}")).IsProblem(429, "overloaded");
            slow.ForEach(client => client.Dispose());
            await Eventually.Holds(
                async () => (await node.Put("/v1/books/x", "{}")).Status is 200 or 201, TestContext.Current.CancellationToken);
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_sort_that_would_read_too_much_is_refused()
    {
        var directory = Directory.CreateTempSubdirectory("restreplicas-");
        await using (var node = await WebNode.StartAlone(directory.FullName, ("Documents:MaxScan", "100")))
        {
            for (var i = 0; i <= 100; i++)
            {
                (await node.Put($"/v1/books/{i}", "{}")).Is(201);
            }

            Assert.Equal("sort", (await node.Get("/v1/books?sort=pages")).IsProblem(422, "needs-index").Member("parameter"));
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_lost_write_is_told_to_whoever_holds_its_position()
    {
        await using var cluster = await WebCluster.Start(3, [.. Patient, ("Sessions:Cookie", "true")]);
        var old = await cluster.Leader();
        var (name, others) = (old.Name, cluster.Nodes.Where(node => node != old).Select(node => node.Name).ToArray());
        await cluster.Stop(others);
        var accepted = (await old.Put("/v1/books/x?acks=leader", "{\"n\":1.0}")).Is(202);
        var position = accepted["Replica-Position"]!;
        Assert.Equal("pending", (await old.Get($"/v1/_positions/{position}")).Member("state"));
        await cluster.Kill(name);

        await Task.WhenAll(others.Select(other => cluster.Start(other)));
        var leader = await cluster.Leader();
        await leader.Put("/v1/books/y", "{}");
        var back = await cluster.Start(name);
        await cluster.Leader();
        foreach (var node in cluster.Nodes)
        {
            await node.CatchesUpWith(leader);
            var lost = (await node.Get($"/v1/books/x?minPosition={position}")).IsProblem(409, "write-lost");
            Assert.Equal(position, lost.Member("position"));
            Assert.Equal("lost", (await node.Get($"/v1/_positions/{position}")).Member("state"));

            // A browser would send its cookie again for ever.
            var without = (await node.Get("/v1/books/x", ("Cookie", SessionCookieTests.Cookie(accepted)))).IsProblem(404, "not-found");
            Assert.NotEqual(SessionCookieTests.Cookie(accepted), SessionCookieTests.Cookie(without));
        }

        var saved = (await back.Get("/cluster/rolled-back")).Is(200).Json;
        var item = Assert.Single(saved.GetProperty("items").EnumerateArray());
        Assert.Equal(position, item.GetProperty("position").GetString());
        Assert.Equal("{\"n\":1.0}", item.GetProperty("changes")[0].GetProperty("body").GetString());
        Assert.False(saved.GetProperty("more").GetBoolean());
        Assert.Empty((await leader.Get("/cluster/rolled-back")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task With_Forward_followers_relay_for_clients_that_cannot_reach_the_leader()
    {
        await using var cluster = await WebCluster.Start(3, ("Writes:OnFollower", "Forward"));
        var (leader, follower) = (await cluster.Leader(), await cluster.Follower());

        var put = (await follower.Put("/v1/books/x?acks=all", "{\"n\":1}")).Is(201);

        Assert.Equal((leader.Name, "3/3", $"1.1 {follower.Name}"), (put["Replica-Node"], put["Replica-Acks"], put["Via"]));
        Assert.Equal("{\"n\":1}", (await follower.Get("/v1/books/x?consistency=leader")).Is(200).Text);
        Assert.Equal(follower.Name, (await follower.Get("/v1/books/x"))["Replica-Node"]);
        (await follower.Put("/v1/books/x?acks=most", "{}")).IsProblem(400, "invalid-request");
    }

    /// <summary>The leader's public URL leads to somebody who breaks off.</summary>
    [Fact]
    public async Task A_relay_that_breaks_off_may_have_written_and_is_never_repeated()
    {
        using var listener = new TcpListener(IPAddress.Loopback, Ports.Free());
        listener.Start();
        var heads = new List<string>();
        var accepting = BreakOff(listener, heads);
        var url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        await using var cluster = await WebCluster.Start(3, ("Node:PublicUrl", url), ("Writes:OnFollower", "Forward"));
        var follower = await cluster.Follower();

        foreach (var answer in new[] { await follower.Put("/v1/books/x", "{}"), await follower.Send("DELETE", "/v1/books/x"), await follower.Post("/v1/books", "{}") })
        {
            answer.IsProblem(504, "outcome-unknown", "unknown");
            Assert.Null(answer["Replica-Position"]);
        }

        (await follower.Get("/v1/books/x?consistency=leader")).IsProblem(503, "no-leader");
        Assert.Equal(3, heads.Count(head => !head.StartsWith("GET", StringComparison.Ordinal)));

        // Nobody listens there any more: nothing was sent, and nothing happened.
        listener.Stop();
        await accepting;
        (await follower.Put("/v1/books/x?timeout=300", "{}")).IsProblem(503, "no-leader");
    }

    [Fact]
    public async Task A_write_moves_on_to_the_next_leader_when_its_leader_is_replaced()
    {
        await using var cluster = await WebCluster.Start(3);
        var leader = await cluster.Leader();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
        var follower = cluster.Nodes.First(node => node != leader);
        var gone = leader.Node.Status.Address;
        await cluster.Stop(leader.Name);
        await follower.Until(status => status.LeaderElsewhere != gone);

        using var answer = await http.PutAsync(
            new Uri(follower.Url + "/v1/books/x?timeout=20000"), WebNode.Json("{}"u8.ToArray()), TestContext.Current.CancellationToken);

        Assert.Equal(201, (int)answer.StatusCode);
        Assert.True(Position.TryParse(answer.Headers.GetValues("Replica-Position").Single(), out var position) && position.Term > new Term(1));
    }

    private static async Task BreakOff(TcpListener listener, List<string> heads)
    {
        var buffer = new byte[4096];
        while (true)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync();
                var read = await client.GetStream().ReadAsync(buffer);
                if (read > 0)
                {
                    heads.Add(Encoding.ASCII.GetString(buffer, 0, read));
                }
            }
            catch (IOException)
            {
                // A connection that nothing was sent on, given up by its client.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
