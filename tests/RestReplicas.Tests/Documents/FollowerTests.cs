using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using RestReplicas.Documents;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Documents;

[Collection(WebClusters.Name)]
public class FollowerTests(WebClusterFixture fixture) : IClassFixture<WebClusterFixture>
{
    private WebCluster Cluster => fixture.Cluster;

    [Fact]
    public async Task A_write_on_a_follower_is_redirected_as_it_came()
    {
        var (leader, follower) = (await Cluster.Leader(), await Cluster.Follower());

        foreach (var answer in new[]
        {
            (await follower.Put("/v1/redirects/a~b?acks=all&timeout=1000", "{}")).Is(307),
            (await follower.Send("DELETE", "/v1/redirects/a~b?acks=all&timeout=1000")).Is(307),
        })
        {
            Assert.Equal(leader.Url + "/v1/redirects/a~b?acks=all&timeout=1000", answer["Location"]);
            Assert.Equal("no-store", answer["Cache-Control"]);
            Assert.Equal((follower.Name, "follower", leader.Url), (answer["Replica-Node"], answer["Replica-Role"], answer["Replica-Leader"]));
            Assert.Null(answer["Replica-Position"]);
        }

        Assert.Equal(leader.Url + "/v1/redirects", (await follower.Post("/v1/redirects", "{}")).Is(307)["Location"]);
    }

    [Fact]
    public async Task A_client_that_follows_redirects_need_not_know_who_leads()
    {
        var follower = await Cluster.Follower();
        using var http = new HttpClient();

        using var put = await http.PutAsync(new Uri(follower.Url + "/v1/followed/x"), WebNode.Json("{\"n\":1.0}"u8.ToArray()), TestContext.Current.CancellationToken);
        Assert.Equal(201, (int)put.StatusCode);
        var position = put.Headers.GetValues("Replica-Position").Single();

        foreach (var node in Cluster.Nodes)
        {
            await HasApplied(node, position);
            Assert.Equal("{\"n\":1.0}", (await node.Get($"/v1/followed/x?minPosition={position}")).Is(200).Text);
        }
    }

    [Fact]
    public async Task A_relayed_answer_without_a_body_does_not_end_the_connection()
    {
        var url = new Uri((await Cluster.Follower()).Url + "/v1/relayed/brief");
        var connections = 0;
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, stop) =>
            {
                connections++;
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, stop);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        http.DefaultRequestHeaders.Authorization = new("Bearer", "x"); // so it is not redirected
        for (var round = 0; round < 5; round++)
        {
            using var put = await http.PutAsync(url, WebNode.Json("{}"u8.ToArray()), TestContext.Current.CancellationToken);
            using var deleted = await http.DeleteAsync(url, TestContext.Current.CancellationToken);
            Assert.Equal((201, 204), ((int)put.StatusCode, (int)deleted.StatusCode));
        }

        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task A_bad_request_is_refused_where_it_arrives()
    {
        (await (await Cluster.Follower()).Put("/v1/redirects/x", "[")).IsProblem(400, "invalid-document");
    }

    [Fact]
    public async Task A_follower_reads_for_itself_and_says_how_fresh_it_is()
    {
        var (leader, follower) = (await Cluster.Leader(), await Cluster.Follower());
        var position = (await leader.Put("/v1/local/x", "{}")).Is(201)["Replica-Position"]!;
        await HasApplied(follower, position);

        var answer = (await follower.Get($"/v1/local/x?minPosition={position}&maxStaleness=20000")).Is(200);

        Assert.Equal((follower.Name, "follower", leader.Url), (answer["Replica-Node"], answer["Replica-Role"], answer["Replica-Leader"]));
        Assert.Equal($"\"{position}\"", answer["ETag"]);
        Assert.InRange(double.Parse(answer["Replica-Staleness"]!, CultureInfo.InvariantCulture), 0.0, 20.0);
    }

    [Fact]
    public async Task A_linearizable_read_anywhere_sees_the_write_before_it()
    {
        var (leader, follower) = (await Cluster.Leader(), await Cluster.Follower());
        for (var i = 0; i < 20; i++)
        {
            await leader.Put("/v1/linear/x", $"{{\"n\":{i}}}");
            var answer = (await follower.Get("/v1/linear/x?consistency=linearizable")).Is(200);
            Assert.Equal(($"{{\"n\":{i}}}", "0.000", "0"), (answer.Text, answer["Replica-Staleness"], answer["Age"]));
        }
    }

    [Fact]
    public async Task What_only_the_leader_can_read_is_redirected()
    {
        var (leader, follower) = (await Cluster.Leader(), await Cluster.Follower());
        await leader.Put("/v1/reads/x", "{}");

        Assert.Equal(leader.Url + "/v1/reads/x?consistency=leader", (await follower.Get("/v1/reads/x?consistency=leader")).Is(307)["Location"]);
        (await leader.Get("/v1/reads/x?consistency=leader")).Is(200);

        // A bound of nothing is kept only by asking a majority, which is the leader's to do.
        (await follower.Get("/v1/reads/x?maxStaleness=0")).Is(307);
        Assert.Equal("0.000", (await leader.Get("/v1/reads/x?maxStaleness=0")).Is(200)["Replica-Staleness"]);
        (await follower.Get("/v1/reads/x", ("Cache-Control", "max-age=0"))).Is(307);
        (await follower.Get("/v1/reads/x", ("Cache-Control", "max-age=0, only-if-cached"))).IsProblem(504, "too-stale");
        (await follower.Get("/v1/reads/x?consistency=leader", ("Cache-Control", "only-if-cached"))).IsProblem(504, "too-stale");
    }

    [Fact]
    public async Task A_position_that_is_not_here_yet_is_the_leaders_to_judge()
    {
        var (leader, follower) = (await Cluster.Leader(), await Cluster.Follower());
        var term = leader.Node.Status.View.Term.Value;
        var future = new Position(new(term), 1_000_000);
        var never = new Position(new(term - 1), 1_000_000);

        (await follower.Get($"/v1/reads/x?minPosition={future}")).Is(307);
        (await leader.Get($"/v1/reads/x?minPosition={future}&timeout=300")).IsProblem(504, "too-stale");
        if (never.Term.Value > 0)
        {
            (await leader.Get($"/v1/reads/x?minPosition={never}")).IsProblem(409, "write-lost");
            Assert.Equal("lost", (await leader.Get($"/v1/_positions/{never}")).Member("state"));
        }

        (await follower.Get($"/v1/_positions/{future}")).Is(307);
        Assert.Equal("unknown", (await leader.Get($"/v1/_positions/{future}")).Member("state"));
        Assert.Equal("unknown", (await follower.Get($"/v1/_positions/{future}", ("Cache-Control", "only-if-cached"))).Member("state"));
        (await follower.Get("/v1/reads/x?minPosition=9999.1")).IsProblem(409, "write-lost");
    }

    [Fact]
    public async Task Acknowledged_by_all_means_every_voter()
    {
        Assert.Equal("3/3", (await (await Cluster.Leader()).Put("/v1/all/x?acks=all", "{}")).Is(201)["Replica-Acks"]);
    }

    [Fact]
    public async Task A_request_with_credentials_is_relayed_because_a_redirect_would_lose_them()
    {
        var (leader, follower) = (await Cluster.Leader(), await Cluster.Follower());
        var credentials = ("Authorization", "Bearer of-a-client");

        var put = (await follower.Put("/v1/relayed/x", "{\"n\":1.0}", credentials, ("Prefer", "return=representation"))).Is(201);
        Assert.Equal(("{\"n\":1.0}", leader.Name, "leader", $"1.1 {follower.Name}"), (put.Text, put["Replica-Node"], put["Replica-Role"], put["Via"]));
        Assert.Equal($"\"{put["Replica-Position"]}\"", put["ETag"]);
        Assert.Equal("/v1/relayed/x", put["Location"]);
        (await follower.Put("/v1/relayed/x", "{}", credentials, ("If-None-Match", "*"))).IsProblem(412, "precondition-failed");

        var get = (await follower.Get("/v1/relayed/x?consistency=leader", credentials)).Is(200);
        Assert.Equal(("{\"n\":1.0}", leader.Name), (get.Text, get["Replica-Node"]));
        Assert.Equal(follower.Name, (await follower.Get("/v1/relayed/x", credentials))["Replica-Node"]);
        var head = (await follower.Send("HEAD", "/v1/relayed/x?consistency=leader", credentials)).Is(200);
        Assert.Equal(("9", 0), (head["Content-Length"], head.Bytes.Length));
        (await follower.Send("DELETE", "/v1/relayed/x", credentials)).Is(204);
        (await follower.Send("DELETE", "/v1/relayed/x", credentials)).IsProblem(404, "not-found");

        var key = ("Idempotency-Key", "relayed");
        var first = (await follower.Post("/v1/relayed", "{}", credentials, key)).Is(201);
        var again = (await leader.Post("/v1/relayed", "{}", credentials, key)).Is(201);
        Assert.Equal((first.Text, "true"), (again.Text, again["Idempotency-Replayed"]));
    }

    [Fact]
    public async Task A_relay_passes_on_what_was_decoded_and_brings_back_what_was_coded()
    {
        var follower = await Cluster.Follower();
        var credentials = ("Authorization", "Bearer of-a-client");
        var json = $$"""{"x":"{{new string('x', 5000)}}"}""";

        (await follower.Send("PUT", "/v1/relayed/coded", CodingTests.Coded(Coding.Gzip, json), credentials)).Is(201);
        var get = (await follower.Get("/v1/relayed/coded?consistency=leader", credentials, ("Accept-Encoding", "gzip"))).Is(200);

        Assert.Equal(("gzip", json), (get["Content-Encoding"], CodingTests.Decoded(get)));
        Assert.EndsWith("-gzip\"", get["ETag"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_relayed_once_is_not_relayed_again()
    {
        var follower = await Cluster.Follower();

        (await follower.Put("/v1/relayed/x", "{}", ("Replica-Forwarded-By", "n9"), ("Authorization", "x"))).IsProblem(503, "no-leader");
        (await follower.Put("/v1/relayed/x", "{}", ("Replica-Forwarded-By", "n9"))).IsProblem(503, "no-leader");
    }

    [Fact]
    public async Task The_cluster_is_described_by_any_node()
    {
        var leader = await Cluster.Leader();
        foreach (var node in Cluster.Nodes)
        {
            var cluster = default(JsonElement);
            await Eventually.Holds( // who is busy for a second counts as not reached
                async () =>
                {
                    cluster = (await node.Get("/cluster")).Is(200).Json;
                    return cluster.GetProperty("nodes").EnumerateArray().All(n => n.GetProperty("reachable").GetBoolean());
                },
                TestContext.Current.CancellationToken);

            Assert.Equal((node.Name, leader.Name, leader.Url), (cluster.GetProperty("node").GetString(), cluster.GetProperty("leader").GetString(), cluster.GetProperty("leaderUrl").GetString()));
            Assert.Equal((3, true, 1), (cluster.GetProperty("voters").GetInt32(), cluster.GetProperty("quorum").GetBoolean(), cluster.GetProperty("tolerates").GetInt32()));
            var nodes = cluster.GetProperty("nodes").EnumerateArray().ToList();
            Assert.Equal(["n1", "n2", "n3"], nodes.Select(n => n.GetProperty("name").GetString()));
            Assert.All(nodes, n => Assert.True(n.GetProperty("reachable").GetBoolean() && n.GetProperty("voter").GetBoolean()));
            Assert.Single(nodes, n => n.GetProperty("role").GetString() == "leader");
            Assert.Equal(3, nodes.Select(n => n.GetProperty("disk").GetString()).Distinct().Count());
            Assert.All(nodes, n => Assert.InRange(n.GetProperty("lagMs").GetDouble(), 0, 20_000));
        }
    }

    [Fact]
    public async Task Load_balancers_learn_who_leads_and_who_follows()
    {
        var leader = await Cluster.Leader();
        foreach (var node in Cluster.Nodes)
        {
            foreach (var method in new[] { "GET", "HEAD", "OPTIONS" })
            {
                (await node.Send(method, "/health/live")).Is(200);
                (await node.Send(method, "/health/ready")).Is(200);
                (await node.Send(method, "/health/leader")).Is(node == leader ? 200 : 503);
                (await node.Send(method, "/health/follower?maxStaleness=20000")).Is(node == leader ? 503 : 200);
            }

            (await node.Get("/health/follower?maxStaleness=0")).Is(503);
        }
    }

    /// <summary>A node that is behind for longer than Reads:CatchUp, because the machine is busy, sends its readers on.</summary>
    private static async Task HasApplied(WebNode node, string position) =>
        await node.Until(status => Position.TryParse(position, out var written) && status.Applied >= written);
}
