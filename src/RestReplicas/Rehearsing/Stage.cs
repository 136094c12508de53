using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Console;
using RestReplicas.Cluster;
using RestReplicas.Lease;

namespace RestReplicas.Rehearsing;

/// <summary>
/// Three replicas in this process: on loopback, under a secret that nobody else knows, with files and a lease of their
/// own. Of this node's settings they know only where Redis is.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    private const int Voters = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _directory;
    private readonly List<WebApplication> _replicas;

    /// <param name="directory">What is in it goes; a process may have ended in the middle of a rehearsal.</param>
    public Stage(string directory, LeaseOptions lease)
    {
        _directory = directory;
        Clear();
        var ports = FreePorts(2 * Voters);
        var common = new Dictionary<string, string?>
        {
            ["Cluster:Name"] = $"rehearsal-{RandomNumberGenerator.GetHexString(16, lowercase: true)}",
            ["Cluster:Secret"] = RandomNumberGenerator.GetHexString(32),
            ["Storage:Reserve"] = "0",
            ["Replication:QuorumTimeout"] = "00:00:03", // a busy machine deposes nobody here
            ["Replication:ElectionSilence"] = "00:00:04",
            ["Logging:LogLevel:Microsoft"] = "Warning",
            ["Logging:Console:FormatterName"] = Unheard.InConfiguration,
        };
        for (var i = 0; i < lease.Redis.Count; i++)
        {
            common[Key("Lease:Redis:", i)] = lease.Redis[i];
        }

        for (var i = 0; i < Voters; i++)
        {
            common[Key("Cluster:Voters:r", i)] = Url(ports[Voters + i]);
        }

        _replicas = [.. Enumerable.Range(0, Voters).Select(i => Replica(new(common)
        {
            ["Node:Name"] = Key("r", i),
            ["Node:PublicUrl"] = Url(ports[i]),
            ["Node:PeerUrl"] = Url(ports[Voters + i]),
            ["Node:DataDirectory"] = Path.Combine(directory, Key("r", i)),
        }))];
    }

    public Task Begin(CancellationToken cancelled) => Task.WhenAll(_replicas.Select(replica => replica.StartAsync(cancelled)));

    /// <summary>Once one serves.</summary>
    public async Task<WebApplication> Leader(CancellationToken cancelled)
    {
        var serving = _replicas.Select(replica => NodeOf(replica).WaitForStatus(status => status.Leads, Patience, cancelled).AsTask()).ToList();
        return _replicas[serving.IndexOf(await Task.WhenAny(serving))];
    }

    public Uri Beside(WebApplication leader) => UrlOf(_replicas.First(replica => replica != leader));

    public static Uri UrlOf(WebApplication replica) => new(NodeOf(replica).Status.Address.PublicUrl);

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        Clear();
    }

    private void Clear()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static WebApplication Replica(Dictionary<string, string?> settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.AddConsoleFormatter<Unheard, ConsoleFormatterOptions>();
        return Program.Compose(builder);
    }

    private static Node NodeOf(WebApplication replica) => replica.Services.GetRequiredService<Node>();

    /// <summary>Free a moment ago: should another process be faster, there is no rehearsal.</summary>
    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }

    private static string Url(int port) => Key("http://127.0.0.1:", port);

    private static string Key(string prefix, int number) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}");
}
