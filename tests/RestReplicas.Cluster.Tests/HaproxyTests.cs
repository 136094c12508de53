using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace RestReplicas.Cluster.Tests;

/// <summary>The real HAProxy, with the file from compose/, before real replicas.</summary>
public sealed class HaproxyTests : ClusterTest
{
    private static readonly TimeSpan SwitchLimit = TimeSpan.FromSeconds(60);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Writes_reach_the_leader_and_reads_spread_through_a_failover()
    {
        var cluster = await StartCluster(new() { Patient = true, Settings = { ["Writes__OnFollower"] = "Forward" } });
        await using var proxy = await HaproxyProcess.Start(cluster);
        var leader = await cluster.Leader();
        await Eventually.Holds(async () => await Write(proxy, 0) is (HttpStatusCode.Created or HttpStatusCode.OK, var node) && node == leader.Name, SwitchLimit, () => "writes reach the leader");
        for (var i = 1; i <= 20; i++)
        {
            Assert.Equal((HttpStatusCode.Created, leader.Name), await WriteToReplica(proxy, i));
        }

        await ReadsSpreadOver(proxy, cluster.Nodes);

        await leader.Kill();
        var gap = Stopwatch.StartNew();
        string? node = null;
        await Eventually.Holds(
            async () =>
            {
                (var status, node) = await Write(proxy, 100);
                return status is HttpStatusCode.Created or HttpStatusCode.OK;
            },
            SwitchLimit,
            () => "a write goes through after the leader's death");
        TestContext.Current.TestOutputHelper?.WriteLine($"From the leader's death to the next write through HAProxy: {gap.ElapsedMilliseconds} ms.");
        Assert.NotEqual(leader.Name, node);
        await ReadsSpreadOver(proxy, [.. cluster.Nodes.Except([leader])]);

        var successor = await cluster.Leader();
        await Eventually.Holds(async () => (await Write(proxy, 101)).Node == successor.Name, SwitchLimit, () => "writes reach the new leader");
        leader.Start();
        await leader.WaitUntilLive();
        await ReadsSpreadOver(proxy, cluster.Nodes);
        for (var i = 200; i < 220; i++)
        {
            Assert.Equal((HttpStatusCode.Created, successor.Name), await WriteToReplica(proxy, i));
        }
    }

    /// <summary>Where HAProxy itself answers, its check of a busy node took too long, and nothing was written.</summary>
    private static async Task<(HttpStatusCode Status, string? Node)> WriteToReplica(HaproxyProcess proxy, int number)
    {
        (HttpStatusCode Status, string? Node) answer = default;
        await Eventually.Holds(
            async () => (answer = await Write(proxy, number)) is not (HttpStatusCode.ServiceUnavailable, null),
            SwitchLimit,
            () => "HAProxy finds a node for a write");
        return answer;
    }

    /// <summary>A connection of its own for each, as different clients have.</summary>
    private static async Task<(HttpStatusCode Status, string? Node)> Write(HaproxyProcess proxy, int number)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(proxy.Url) };
        using var body = new StringContent("{}", new MediaTypeHeaderValue("application/json"));
        using var answer = await http.PutAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/proxied/{number}"), body, Stop);
        return (answer.StatusCode, answer.Headers.TryGetValues("Replica-Node", out var node) ? node.Single() : null);
    }

    private static async Task ReadsSpreadOver(HaproxyProcess proxy, IReadOnlyList<ReplicaProcess> nodes)
    {
        var expected = string.Join(' ', nodes.Select(n => n.Name));
        var actual = "";
        await Eventually.Holds(
            async () =>
            {
                using var http = new HttpClient { BaseAddress = new Uri(proxy.Url) };
                var answered = new SortedSet<string>();
                for (var i = 0; i < nodes.Count * 2; i++)
                {
                    using var answer = await http.GetAsync("/v1/proxied/1", Stop);
                    answered.Add(answer.IsSuccessStatusCode ? answer.Headers.GetValues("Replica-Node").Single() : $"{(int)answer.StatusCode}");
                }

                return (actual = string.Join(' ', answered)) == expected;
            },
            SwitchLimit,
            () => $"reads are answered by {expected}, not {actual}");
    }
}
