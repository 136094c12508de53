using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace RestReplicas.Cluster.Tests;

/// <summary>What readers are told of the age of what they get, and that it is true.</summary>
[MostlyWaiting]
public sealed class FreshnessTests : ClusterTest
{
    private static readonly TimeSpan CatchUpLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <param name="hours">How far the wall clock of the follower is off.</param>
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_follower_that_is_cut_off_tells_how_stale_it_is_whatever_its_wall_clock_says(int hours)
    {
        const double StaleEnough = 3;
        var cluster = await StartCluster(new() { Relayed = true, Patient = true });
        var leader = await cluster.Leader();
        var follower = cluster.Nodes.First(n => n != leader);
        if (hours != 0)
        {
            await follower.Kill();
            WallClock.Set(follower, TimeSpan.FromHours(hours));
            follower.Start();
            await follower.WaitUntilLive();
        }

        await Put(leader, "seen");
        await Eventually.Holds(async () => await Get(follower) is { Body: "\"seen\"", Staleness: < 1 }, CatchUpLimit, () => $"{follower.Name} is fresh");
        Assert.Equal((await Get(leader)).LastModified, (await Get(follower)).LastModified);

        foreach (var node in cluster.Nodes.Where(n => n != follower))
        {
            cluster.Network.CutBothWays(node.Name, follower.Name);
        }

        await Put(leader, "unseen");
        var acknowledged = Stopwatch.GetTimestamp();
        for (double last = 0; last < StaleEnough;)
        {
            // What the header promises: all that was acknowledged longer ago than that is in the answer. This was not.
            var notIn = Stopwatch.GetElapsedTime(acknowledged).TotalSeconds;
            var read = await Get(follower);
            Assert.Equal("\"seen\"", read.Body);
            Assert.True(read.Staleness >= notIn, $"a staleness of {read.Staleness} s is promised, and a write of {notIn} s ago is missing");
            Assert.InRange(read.Staleness, last, notIn + 3); // no zero, no hour
            Assert.InRange(read.Age, read.Staleness, read.Staleness + 1);
            last = read.Staleness;
            await Eventually.Lasts(Pause);
        }

        Assert.Equal(HttpStatusCode.OK, (await Get(follower, "?consistency=local")).Status);
        Assert.Equal(HttpStatusCode.OK, (await Get(follower, "?maxStaleness=60000")).Status);

        Assert.Equal(HttpStatusCode.GatewayTimeout, (await Get(follower, "?maxStaleness=1000&timeout=500")).Status);
        Assert.Equal(HttpStatusCode.GatewayTimeout, (await Get(follower, "", "max-age=1, only-if-cached")).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Get(follower, "?consistency=linearizable&timeout=1000")).Status);

        cluster.Network.Heal();
        await Eventually.Holds(async () => await Get(follower) is { Body: "\"unseen\"", Staleness: < 1 }, CatchUpLimit, () => $"{follower.Name} is fresh again");
    }

    [Fact]
    public async Task What_was_just_written_is_seen_by_linearizable_and_minPosition_reads_of_a_slow_follower()
    {
        var delay = TimeSpan.FromMilliseconds(30);
        var cluster = await StartCluster(new() { Relayed = true, Patient = true, Settings = { ["Reads__CatchUp"] = "00:00:10" } });
        var leader = await cluster.Leader();
        var follower = cluster.Nodes.First(n => n != leader);
        cluster.Network.Slow(leader.Name, follower.Name, delay);
        var behind = 0;
        for (var i = 0; i < 25; i++)
        {
            var position = await Put(leader, $"linearizable {i}");
            behind += (await Get(follower)).Body == $"\"linearizable {i}\"" ? 0 : 1;
            var read = await Get(follower, "?consistency=linearizable");
            Assert.Equal((HttpStatusCode.OK, follower.Name, $"\"linearizable {i}\""), (read.Status, read.Node, read.Body));

            position = await Put(leader, $"at a position {i}");
            read = await Get(follower, $"?minPosition={position}");
            Assert.Equal((HttpStatusCode.OK, follower.Name, $"\"at a position {i}\""), (read.Status, read.Node, read.Body));
        }

        Assert.True(behind > 0, "the follower was never behind, so this showed nothing");
    }

    private static async Task<string> Put(ReplicaProcess node, string value)
    {
        using var body = new StringContent($$"""{"value":"{{value}}"}""", new MediaTypeHeaderValue("application/json"));
        using var answer = await node.Http.PutAsync("/v1/freshness/document", body, Stop);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Stop));
        return answer.Headers.GetValues("Replica-Position").Single();
    }

    private static async Task<Answer> Get(ReplicaProcess node, string query = "", string? cacheControl = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/freshness/document" + query);
        request.Headers.TryAddWithoutValidation("Cache-Control", cacheControl);
        using var answer = await node.Http.SendAsync(request, Stop);
        var body = await answer.Content.ReadAsStringAsync(Stop);
        return new(
            answer.StatusCode,
            answer.Headers.GetValues("Replica-Node").Single(),
            answer.IsSuccessStatusCode ? body["""{"value":""".Length..^1] : body,
            double.TryParse(answer.Headers.GetValues("Replica-Staleness").Single(), CultureInfo.InvariantCulture, out var seconds) ? seconds : double.PositiveInfinity,
            answer.Headers.Age?.TotalSeconds ?? double.PositiveInfinity,
            answer.Content.Headers.LastModified);
    }

    private sealed record Answer(HttpStatusCode Status, string Node, string Body, double Staleness, double Age, DateTimeOffset? LastModified);
}
