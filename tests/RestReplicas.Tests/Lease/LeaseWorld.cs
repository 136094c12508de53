using System.Collections.Concurrent;
using System.Diagnostics;
using RestReplicas.Lease;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Lease;

/// <summary>Some real Redis servers, and nodes that contend for the lease on them.</summary>
internal sealed class LeaseWorld : IAsyncDisposable
{
    public const string Key = "restreplicas:lease";

    private readonly List<RedisLease> _leases = [];
    private readonly RecordingLogger _log = new();

    private LeaseWorld(RedisProcess[] servers, LeaseOptions options) => (Servers, Options) = (servers, options);

    public RedisProcess[] Servers { get; }

    public LeaseOptions Options { get; }

    /// <summary>Nodes that heard of the lease being freed, once per event.</summary>
    public ConcurrentQueue<string> Heard { get; } = [];

    /// <param name="callLimit">By default nothing is limited that a test does not wait for: the machine may be slow.</param>
    /// <param name="patience">Short, for connections to frozen servers to be given up.</param>
    public static async Task<LeaseWorld> Start(
        int servers, CancellationToken cancellation, TimeSpan? callLimit = null, TimeSpan? patience = null)
    {
        var processes = await Task.WhenAll(Enumerable.Range(0, servers).Select(_ => RedisProcess.Start(cancellation)));
        return new(processes, new()
        {
            Redis = [.. processes.Select(p => p.Address)],
            Ttl = TimeSpan.FromSeconds(60),
            CallLimit = callLimit ?? TimeSpan.FromSeconds(20),
            Patience = patience ?? TimeSpan.FromSeconds(60),
        });
    }

    public static TimeSpan Clock() => Stopwatch.GetElapsedTime(0);

    /// <summary>A node that is connected to every server.</summary>
    public async Task<RedisLease> Node(string name, CancellationToken cancellation)
    {
        var lease = Unconnected(name);
        await Eventually.Holds(() => lease.Connected == Servers.Length, cancellation, known: () => _log.Text);
        return lease;
    }

    public RedisLease Unconnected(string name)
    {
        var lease = new RedisLease(
            Options, "restreplicas", new NodeName(name), Clock, () => Heard.Enqueue(name), _log);
        _leases.Add(lease);
        return lease;
    }

    /// <summary>Granted, and on every server: a majority is enough for the answer, the others may still be on their way.</summary>
    public async Task<LeaseAnswer.Granted> Everywhere(LeaseAnswer answer, CancellationToken cancellation)
    {
        var granted = Assert.IsType<LeaseAnswer.Granted>(answer);
        await Eventually.Holds(async () => (await Values(cancellation)).All(v => v == granted.Token), cancellation);
        return granted;
    }

    /// <summary>What each server holds; empty for nothing.</summary>
    public Task<string[]> Values(CancellationToken cancellation) => OnEach($"GET {Key}", cancellation);

    public Task<string[]> OnEach(string command, CancellationToken cancellation) =>
        Task.WhenAll(Servers.Select(s => s.Ask(command, cancellation)));

    public Task Forget(CancellationToken cancellation) => OnEach($"DEL {Key}", cancellation);

    public async ValueTask DisposeAsync()
    {
        foreach (var lease in _leases)
        {
            await lease.DisposeAsync();
        }

        foreach (var server in Servers)
        {
            await server.DisposeAsync();
        }
    }
}
