using System.Globalization;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>The real HAProxy with the very file that compose/ gives its users.</summary>
internal sealed class HaproxyProcess : IAsyncDisposable
{
    private static readonly string Program = Programs.Installed("haproxy", "haproxy");
    private readonly ChildProcess _process;

    private HaproxyProcess(int port, ChildProcess process)
    {
        Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        _process = process;
    }

    public string Url { get; }

    /// <summary>
    /// Until a node answers through it. It takes every node for the leader until it has checked them, and ends what is under way
    /// to those that it then finds are not: the first write may be answered 502.
    /// </summary>
    public static async Task<HaproxyProcess> Start(TestCluster cluster)
    {
        var port = Ports.Free(1)[0];
        var environment = new Dictionary<string, string?>
        {
            ["RESTREPLICAS_BIND"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"),
        };
        for (var i = 0; i < cluster.Nodes.Count; i++)
        {
            environment[$"RESTREPLICAS_N{i + 1}"] = new Uri(cluster.Nodes[i].Url).Authority;
        }

        var configuration = Path.Combine(Programs.Repository, "compose", "haproxy.cfg");
        var proxy = new HaproxyProcess(port, new ChildProcess(Program, ["-db", "-f", configuration], environment));
        using var http = new HttpClient { BaseAddress = new Uri(proxy.Url) };
        await Eventually.Holds(
            async () =>
            {
                Assert.False(proxy._process.Ended, string.Join('\n', proxy._process.Output));
                try
                {
                    using var answer = await http.PostAsync("/health/leader", content: null);
                    return answer.Headers.TryGetValues("Replica-Node", out _) || (int)answer.StatusCode != 503;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(60),
            () => string.Join('\n', proxy._process.Output));
        return proxy;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
