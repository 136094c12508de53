using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using RestReplicas.Cluster.Tests.Clients;

namespace RestReplicas.Cluster.Tests;

/// <summary>The users' checker: it believes what is right, finds what is wrong, and says what it could not see.</summary>
[Collection(OutsideClients.Name)]
public sealed class VerifyTests(ServedCluster served) : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private List<string> Served => [.. served.Urls.Select(url => url.GetLeftPart(UriPartial.Authority))];

    [Fact]
    public async Task A_healthy_cluster_is_verified_and_left_as_it_was()
    {
        var (code, output) = await Verify(Served);
        Assert.True(code == 0, output);
        Assert.Contains("VERIFIED: ", output, StringComparison.Ordinal);
        var mine = Regex.Match(output, @"collection (restreplicas-verify-[\w-]+)").Groups[1].Value;
        Assert.NotEmpty(mine);
        var (leader, _) = await served.Roles();
        var collections = await leader.Http.GetStringAsync(new Uri("/v1", UriKind.Relative), Stop);
        Assert.DoesNotContain(mine, collections, StringComparison.Ordinal); // others' may be there: a liar also hides documents from who would remove them
    }

    [Fact]
    public async Task Acknowledged_writes_that_are_lost_are_found_by_key()
    {
        var output = await Finds(Tampering.LoseWrites, "a write is missing in the state", "is not linearizable");
        Assert.Contains("n1 lacks the document end, whose write was acknowledged", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stale_answers_are_found_by_key() => await Finds(Tampering.ServeStaleReads, "older than the position asked for", "staler than", "not current");

    [Fact]
    public async Task A_cluster_without_a_majority_is_not_verified()
    {
        var cluster = await StartCluster();
        foreach (var follower in await cluster.Followers())
        {
            await follower.Kill();
        }

        var (code, output) = await Verify([(await Running(cluster)).Url]);
        Assert.True(code == 1, output);
        Assert.Contains("NOT VERIFIED: ", output, StringComparison.Ordinal);
        Assert.Contains("only 0 acknowledged writes", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_is_one_sentence()
    {
        var url = Url(Ports.Free(1)[0]);
        Assert.Equal((1, $"Nobody listens at {url}: is the node running?"), await Verify([url]));
    }

    [Fact]
    public async Task Another_program_there_is_one_sentence()
    {
        using var listener = new HttpListener();
        var url = Url(Ports.Free(1)[0]);
        listener.Prefixes.Add(url + "/");
        listener.Start();
        var answering = Task.Run(
            async () =>
            {
                var context = await listener.GetContextAsync();
                context.Response.Close(Encoding.UTF8.GetBytes("<html/>"), willBlock: true);
            },
            Stop);
        Assert.Equal((1, $"{url} answers, but not as a RestReplicas node does (GET /cluster: 200)."), await Verify([url]));
        await answering;
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_one_sentence()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var url = Url(((IPEndPoint)silent.LocalEndpoint).Port);
        Assert.Equal((1, $"{url} does not answer within 5 s."), await Verify([url]));
    }

    [Fact]
    public async Task Nodes_of_different_clusters_and_nodes_named_twice_are_one_sentence()
    {
        ClusterShape alone = new() { Replicas = 1, RedisServers = 0 };
        var one = (await StartCluster(alone)).Nodes[0].Url;
        var other = (await StartCluster(alone)).Nodes[0].Url;
        var (code, output) = await Verify([one, other]);
        Assert.Equal(1, code);
        Assert.StartsWith($"{one} and {other} are nodes of different clusters (", output, StringComparison.Ordinal);
        Assert.Equal((1, $"{one} and {one} are the same node, n1: name every node once."), await Verify([one, one]));
    }

    [Theory]
    [InlineData("verify", "Option '--nodes' is required. --help shows the options.")]
    [InlineData("verify --nodes n1:8081", "--nodes takes addresses like http://127.0.0.1:8081, not 'n1:8081'. --help shows the options.")]
    [InlineData("verify --nodes http://n1 --seconds 0", "--seconds takes a whole number from 1 to 86400, not '0'. --help shows the options.")]
    public async Task A_bad_option_is_one_sentence(string words, string sentence)
    {
        await using var local = new ChildProcess(Programs.DotNet, [Programs.Local, .. words.Split(' ')]);
        Assert.Equal(1, await local.WaitForExit(Limit));
        Assert.Equal(sentence, Assert.Single(local.Output));
    }

    private async Task<string> Finds(Tampering tampering, params string[] reasons)
    {
        var proxies = Served.Zip(Ports.Free(Served.Count)).ToDictionary(p => p.First, p => Url(p.Second));
        var running = proxies.Keys.Select(node => new TamperingProxy(node, proxies, tampering)).ToList();
        var (code, output) = await Verify([.. proxies.Values]);
        foreach (var proxy in running)
        {
            await proxy.DisposeAsync();
        }

        Assert.True(code == 1, output);
        Assert.Contains("VIOLATED: ", output, StringComparison.Ordinal);
        var findings = output.Split('\n').Where(l => reasons.Any(r => l.Contains(r, StringComparison.Ordinal))).ToList();
        Assert.True(findings.Count > 0, output);
        Assert.All(findings, line => Assert.Matches(@"\bk\d+-\d+\b", line)); // which document
        return output;
    }

    private static async Task<(int Code, string Output)> Verify(IReadOnlyList<string> urls)
    {
        await using var local = new ChildProcess(Programs.DotNet, [Programs.Local, "verify", "--nodes", string.Join(',', urls), "--seconds", "4", "--seed", "7"]);
        var code = await local.WaitForExit(Limit);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', local.Output));
        return (code, string.Join('\n', local.Output));
    }

    private static async Task<ReplicaProcess> Running(TestCluster cluster) =>
        await Eventually.Gives(() => Task.FromResult(cluster.Nodes.FirstOrDefault(n => n.Runs)), Limit, () => "a node that runs");

    private static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
}
