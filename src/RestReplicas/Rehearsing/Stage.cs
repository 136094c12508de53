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

    /// <summary>
    /// Bound, and never listening: to who wants just any port the kernel gives none of theirs, and our replicas, which
    /// name them, may listen there. Elsewhere than on Linux they may not.
    /// </summary>
    private readonly List<Socket> _ports = [.. Enumerable.Range(0, 2 * Voters).Select(_ => AnyPort())];

    /// <param name="directory">What is in it goes; a process may have ended in the middle of a rehearsal.</param>
    public Stage(string directory, LeaseOptions lease)
    {
        _directory = directory;
        Clear();
        string[] urls = [.. _ports.Select(port => $"http://{port.LocalEndPoint}")];
        if (!OperatingSystem.IsLinux())
        {
            _ports.ForEach(port => port.Dispose());
        }

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
            common[Key("Cluster:Voters:r", i)] = urls[Voters + i];
        }

        _replicas = [.. Enumerable.Range(0, Voters).Select(i => Replica(new(common)
        {
            ["Node:Name"] = Key("r", i),
            ["Node:PublicUrl"] = urls[i],
            ["Node:PeerUrl"] = urls[Voters + i],
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

        _ports.ForEach(port => port.Dispose());
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

    private static Socket AnyPort()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static string Key(string prefix, int number) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}");
}
