using Dapper;
using Microsoft.Data.Sqlite;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>What clients and operators see of a node whose file is not what was written.</summary>
[Collection(WebClusters.Name)]
public class DamagedStateTests
{
    [Fact]
    public async Task A_follower_with_a_damaged_row_sends_readers_to_the_leader_and_says_so()
    {
        await using var cluster = await WebCluster.Start(3);
        var leader = await cluster.Leader();
        var follower = await cluster.Follower();
        (await leader.Put("/v1/books/edda?acks=all", """{"title":"Edda"}""")).Is(201);
        (await leader.Put("/v1/books/saga?acks=all", """{"title":"Saga"}""")).Is(201);
        await follower.CatchesUpWith(leader);
        Tamper(follower);

        (await follower.Get("/v1/books/saga")).Is(200);
        (await follower.Get("/v1/books/edda")).Is(307);
        await follower.Until(s => s.Damage is not null);
        (await follower.Get("/v1/books/saga")).Is(307);
        (await follower.Get("/v1/books/saga?consistency=linearizable")).Is(307);
        (await follower.Get("/v1/books/saga", ("Cache-Control", "only-if-cached"))).IsProblem(503, "damaged-state");
        (await follower.Get("/health/ready")).Is(503);
        (await follower.Get("/health/live")).Is(200);

        var picture = (await leader.Get("/cluster")).Is(200).Json;
        var nodes = picture.GetProperty("nodes").EnumerateArray().ToDictionary(n => n.GetProperty("name").GetString()!);
        Assert.Contains("books/edda", nodes[follower.Name].GetProperty("damage").GetString(), StringComparison.Ordinal);
        Assert.Null(nodes[leader.Name].GetProperty("damage").GetString());
        Assert.Single(nodes.Values.Select(n => n.GetProperty("digest").ToString()).Distinct());

        // Its vote and its log still count.
        Assert.Equal(1, picture.GetProperty("tolerates").GetInt32());
        (await leader.Put("/v1/books/edda?acks=all", "{}")).Is(200);
    }

    [Fact]
    public async Task A_node_alone_refuses_what_it_cannot_vouch_for()
    {
        await using var cluster = await WebCluster.Start(1);
        var node = await cluster.Leader();
        (await node.Put("/v1/books/edda", """{"title":"Edda"}""")).Is(201);
        Tamper(node);
        var problem = (await node.Get("/v1/books/edda")).IsProblem(503, "damaged-state");
        Assert.DoesNotContain("Edda", problem.Text, StringComparison.Ordinal);
        Assert.Equal(0, (await node.Get("/cluster")).Is(200).Json.GetProperty("tolerates").GetInt32());
    }

    private static void Tamper(WebNode node)
    {
        using var connection = new SqliteConnection($"Data Source={node.Data.Database};Pooling=False");
        Assert.Equal(1, connection.Execute("UPDATE documents SET body = CAST('{\"title\":\"Edda?\"}' AS BLOB) WHERE id = 'edda'"));
    }
}
