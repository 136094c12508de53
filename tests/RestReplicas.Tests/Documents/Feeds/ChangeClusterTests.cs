using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Documents.Feeds;

/// <summary>The change feed of several nodes.</summary>
[Collection(WebClusters.Name)]
public class ChangeClusterTests
{
    private static readonly (string, string) Stream = ("Accept", "text/event-stream");

    [Fact]
    public async Task A_reader_goes_on_at_any_other_node_and_is_sent_to_the_leader_for_what_only_that_may_have()
    {
        await using var cluster = await WebCluster.Start(3, ("Storage:LogWindowBytes", "65536"), ("Storage:LogBytes", "65536"));
        var (leader, follower) = (await cluster.Leader(), await cluster.Follower());
        await GoesOnAnywhere(cluster, leader);
        await IsSentOnToWhatMayCome(leader, follower);
        await IsSentOnToWhatIsGone(leader, follower);
    }

    private static async Task GoesOnAnywhere(WebCluster cluster, WebNode leader)
    {
        var position = (await leader.Get("/v1/_changes")).Is(200).Member("next")!;
        var written = new List<string>();
        var seen = new List<string>();
        for (var turn = 0; turn < 3; turn++)
        {
            foreach (var node in cluster.Nodes)
            {
                written.Add((await leader.Put($"/v1/anywhere/{node.Name}", "{}"))["Replica-Position"]!);
                await using var stream = await Subscription.Open(node, "/v1/_changes?since=0&limit=1", ("Last-Event-ID", position));
                position = (await stream.NextChange()).GetProperty("position").GetString()!;
                seen.Add(position);
                await stream.Ends();
            }
        }

        Assert.Equal(written, seen);
    }

    private static async Task IsSentOnToWhatMayCome(WebNode leader, WebNode follower)
    {
        var applied = leader.Node.Status.Applied;
        var future = applied with { Index = applied.Index + 1_000_000 };
        foreach (var accept in new[] { Stream, ("Accept", "application/json") })
        {
            var answer = (await follower.Get($"/v1/_changes?since={future}", accept)).Is(307);
            Assert.Equal($"{leader.Url}/v1/_changes?since={future}", answer["Location"]);
        }

        // A redirect would lose the credentials, and a stream has no end that a relay could wait for.
        (await follower.Get($"/v1/_changes?since={future}", Stream, ("Authorization", "Bearer x"))).IsProblem(504, "too-stale");
    }

    private static async Task IsSentOnToWhatIsGone(WebNode leader, WebNode follower)
    {
        var body = $$"""{"x":"{{new string('x', 20_000)}}"}""";
        await Eventually.Holds(
            async () =>
            {
                Assert.InRange((await leader.Put("/v1/old/x?acks=all", body)).Status, 200, 201);
                return (await follower.Get("/v1/_changes?since=0")).Status == 307 && (await leader.Get("/v1/_changes?since=0")).Status == 410;
            },
            TestContext.Current.CancellationToken);
        Assert.True(Position.TryParse((await leader.Get("/v1/_changes?since=0")).Member("oldest"), out var oldest) && oldest.Index > 0);
        Assert.Equal($"{leader.Url}/v1/_changes?since=0", (await follower.Get("/v1/_changes?since=0", Stream))["Location"]);
        (await follower.Get("/v1/_changes?since=0", Stream, ("Authorization", "Bearer x"))).IsProblem(410, "history-gone");
        (await follower.Get("/v1/_changes?since=0", ("Authorization", "Bearer x"))).IsProblem(410, "history-gone"); // the leader's, relayed
    }
}
