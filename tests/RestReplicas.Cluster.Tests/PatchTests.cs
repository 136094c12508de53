using System.Text;
using System.Text.Json;

namespace RestReplicas.Cluster.Tests;

/// <summary>Hot documents that many patch at once, through all nodes, while leaders are killed.</summary>
[Collection(TimeLimits.Name)]
public sealed class PatchTests : ClusterTest
{
    private const string Counter = "/v1/hot/counter";
    private const string Members = "/v1/hot/members";
    private const int Clients = 50;
    private const int Kills = 3;
    private const int Some = 6;
    private static readonly TimeSpan ProgressLimit = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fifty_counting_clients_and_fifty_that_set_members_lose_no_update_while_leaders_are_killed()
    {
        var cluster = await StartCluster();
        await Put(cluster, Counter, """{"n":0}""");
        await Put(cluster, Members, "{}");
        string[] urls = [.. cluster.Nodes.Select(n => n.Url)];
        var counting = Enumerable.Range(0, Clients).Select(i => new PatchingClient(i, urls, Counter)).ToList();
        var setting = Enumerable.Range(0, Clients).Select(i => new PatchingClient(i, urls, Members)).ToList();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var load = Task.WhenAll([.. counting.Select(c => c.Increment(stop.Token)), .. setting.Select(c => c.SetOwnMember(stop.Token))]);

        await Progresses();
        for (var kill = 0; kill < Kills; kill++)
        {
            var leader = await cluster.Leader();
            await leader.Kill();
            leader.Start();
            await Progresses();
            await leader.WaitUntilLive();
            await cluster.AllReady();
        }

        await stop.CancelAsync();
        await load;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Sum(counting)} increments and {Sum(setting)} members set; {counting.Concat(setting).Sum(c => c.Replayed)} were learnt of by repeating.");
        foreach (var node in cluster.Nodes)
        {
            var (counter, members) = (await Read(node, Counter), await Read(node, Members));
            Assert.Equal(Sum(counting), counter.GetProperty("n").GetInt32());
            Assert.Equal(
                setting.Select((c, i) => (Name: $"c{i}", c.Made)).Where(m => m.Made > 0).OrderBy(m => m.Name, StringComparer.Ordinal),
                members.EnumerateObject().Select(m => (m.Name, m.Value.GetInt32())).OrderBy(m => m.Name, StringComparer.Ordinal));
        }

        counting.Concat(setting).ToList().ForEach(c => c.Dispose());

        Task Progresses()
        {
            var (increments, sets) = (Sum(counting), Sum(setting));
            return Eventually.Holds(
                () => load.IsFaulted || (Sum(counting) >= increments + Some && Sum(setting) >= sets + Some),
                ProgressLimit,
                () => $"{Some} more of both kinds than {increments} increments and {sets} members; there are {Sum(counting)} and {Sum(setting)}");
        }
    }

    private static int Sum(IEnumerable<PatchingClient> clients) => clients.Sum(c => c.Made);

    private static async Task Put(TestCluster cluster, string document, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await (await cluster.Leader()).Http.PutAsync(new Uri(document, UriKind.Relative), content, Cancelled);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<JsonElement> Read(ReplicaProcess node, string document)
    {
        using var json = JsonDocument.Parse(await node.Http.GetStringAsync(new Uri(document + "?consistency=linearizable", UriKind.Relative), Cancelled));
        return json.RootElement.Clone();
    }
}
