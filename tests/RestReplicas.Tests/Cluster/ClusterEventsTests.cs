using System.Text.Json;
using RestReplicas.Tests.Documents;
using RestReplicas.Tests.Documents.Feeds;
using Xunit;

namespace RestReplicas.Tests.Cluster;

[Collection(WebClusters.Name)]
public class ClusterEventsTests
{
    [Fact]
    public async Task What_happens_in_the_cluster_is_told_as_it_happens_and_a_node_that_stops_ends_its_readers()
    {
        await using var cluster = await WebCluster.Start(3, ("Changes:Heartbeat", "00:00:00.200"));
        var (leader, follower) = (await cluster.Leader(), await cluster.Follower());
        await using var there = await Subscription.Open(leader, "/cluster/events");
        await using var here = await Subscription.Open(follower, "/cluster/events");

        Assert.Equal("since", (await leader.Get("/cluster/events?since=1.1")).IsProblem(400, "invalid-request").Member("parameter"));

        var first = await here.Next("message");
        Assert.Equal((follower.Name, leader.Name, leader.Url, 0), (Text(first, "node"), Text(first, "leader"), Text(first, "leaderUrl"), first.GetProperty("changed").GetArrayLength()));
        Assert.Equal(["n1", "n2", "n3"], first.GetProperty("voters").EnumerateArray().Select(v => v.GetString()!).Order(StringComparer.Ordinal));
        var old = leader.Name;
        await Until(there, e => Text(e, "role") == "leader" && e.GetProperty("serving").GetBoolean());

        await Task.WhenAll(cluster.Stop(old), there.Ends());

        var changed = new HashSet<string?>();
        var last = await Until(here, e =>
        {
            changed.UnionWith(e.GetProperty("changed").EnumerateArray().Select(c => c.GetString()));
            return e.GetProperty("term").GetInt64() > first.GetProperty("term").GetInt64() && Text(e, "leader") is { } other && other != old;
        });
        Assert.Superset(new HashSet<string?> { "term", "leader", "leaderUrl" }, changed);
        Assert.NotEqual(leader.Url, Text(last, "leaderUrl"));
    }

    private static async Task<JsonElement> Until(Subscription events, Func<JsonElement, bool> condition)
    {
        JsonElement next;
        while (!condition(next = await events.Next("message")))
        {
        }

        return next;
    }

    private static string? Text(JsonElement e, string name) => e.GetProperty(name).GetString();
}
