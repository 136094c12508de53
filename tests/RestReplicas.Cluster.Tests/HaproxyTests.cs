using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace RestReplicas.Cluster.Tests;

/// <summary>The real HAProxy, with the file from compose/, before real replicas.</summary>
[MostlyWaiting]
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
            Assert.Equal(leader.Name, await WriteToReplica(proxy, i));
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
            Assert.Equal(successor.Name, await WriteToReplica(proxy, i));
        }
    }

    /// <summary>
    /// It knows of no node and no position; it only keeps its cookies. Every one of its requests may meet another node. Versions
    /// are compared, not what was written: a write whose connection HAProxy ended (502) may be done after later ones.
    /// </summary>
    [Fact]
    public async Task A_browser_behind_it_reads_its_own_writes_and_never_goes_back_through_a_failover()
    {
        var cluster = await StartCluster(new() { Settings = { ["Writes__OnFollower"] = "Forward", ["Sessions__Cookie"] = "true" } });
        await using var proxy = await HaproxyProcess.Start(cluster);
        using var browser = new HttpClient { BaseAddress = new Uri(proxy.Url) };
        var leader = await cluster.Leader();
        var (number, seen, reads) = (0, (Index: 0L, Number: 0), 0);
        var nodes = new SortedSet<string>();

        await WriteAndReadUntil(20);
        await leader.Kill();
        await WriteAndReadUntil(50);
        leader.Start();
        await leader.WaitUntilLive();
        await WriteAndReadUntil(80);
        Assert.Equal(cluster.Nodes.Select(n => n.Name), nodes);

        Task WriteAndReadUntil(int enough) => Eventually.Holds(
            async () =>
            {
                number++;
                try
                {
                    using var body = new StringContent($$"""{"n":{{number}}}""", new MediaTypeHeaderValue("application/json"));
                    using var put = await browser.PutAsync("/v1/session/x", body, Stop);
                    seen = put.IsSuccessStatusCode ? (IndexOf(put), number) : seen;
                    using var get = await browser.GetAsync("/v1/session/x", Stop);
                    if (get.IsSuccessStatusCode)
                    {
                        using var read = JsonDocument.Parse(await get.Content.ReadAsStringAsync(Stop));
                        var answer = (Index: IndexOf(get), Number: read.RootElement.GetProperty("n").GetInt32());
                        Assert.True(
                            answer.Index > seen.Index || answer == seen,
                            $"{get.Headers.GetValues("Replica-Node").Single()} says {answer} to who has seen {seen}");
                        seen = answer;
                        reads++;
                        nodes.Add(get.Headers.GetValues("Replica-Node").Single());
                    }
                }
                catch (HttpRequestException)
                {
                    // HAProxy ends what goes to a node that is down.
                }

                return reads >= enough;
            },
            SwitchLimit,
            () => $"{enough} reads are answered, not {reads}");

        // "7.48213": the term and the index of the entry that wrote it.
        static long IndexOf(HttpResponseMessage answer) =>
            long.Parse(answer.Headers.ETag!.Tag.Trim('"').Split('.')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Where HAProxy itself answers, its check of a busy node took too long: it found nobody (503), or ended what was under way
    /// (502), so that the write may have been done. The client asks again, as one has to.
    /// </summary>
    /// <returns>Who wrote it.</returns>
    private static async Task<string> WriteToReplica(HaproxyProcess proxy, int number)
    {
        (HttpStatusCode Status, string? Node) answer = default;
        var asked = 0;
        await Eventually.Holds(
            async () =>
            {
                asked++;
                answer = await Write(proxy, number);
                return answer.Node is not null;
            },
            SwitchLimit,
            () => "HAProxy finds a node for a write");
        Assert.True(answer.Status == HttpStatusCode.Created || (answer.Status == HttpStatusCode.OK && asked > 1), $"{answer} after {asked}");
        return answer.Node!;
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
