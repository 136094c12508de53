using System.Diagnostics;

namespace RestReplicas.Cluster.Tests.Load;

/// <summary>Several clients that write all the time, until stopped.</summary>
internal sealed class Workload : IAsyncDisposable
{
    public const string Collection = "load";

    /// <summary>Enough for hundreds of writes a second, and leaves the machine some air.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>More than each address gives once.</summary>
    public const int Few = 4;

    private const int Some = 20;

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<LoadClient> _clients;
    private readonly List<Task> _running;

    /// <param name="name">Unique among the loads of a test.</param>
    /// <param name="patience">How long a client waits for an answer; by default longer than any time limit of the service.</param>
    /// <param name="pause">Between a client's answer and its next write.</param>
    public Workload(int clients, IEnumerable<string> addresses, TimeSpan? patience = null, string name = "client", TimeSpan? pause = null)
    {
        var uris = addresses.Select(a => new Uri(a)).ToList();
        _clients = [.. Enumerable.Range(1, clients).Select(i => new LoadClient($"{name}{i}", uris, Collection, patience ?? Patience, () => _watch.Elapsed))];
        _running = [.. _clients.Select(c => Task.Run(() => c.Run(pause ?? Pause, _stop.Token)))];
    }

    public TimeSpan Now => _watch.Elapsed;

    /// <summary>A client that joins in when told to; its attempts are counted with the rest.</summary>
    public LoadClient Join(string name, params string[] addresses)
    {
        var client = new LoadClient(name, [.. addresses.Select(a => new Uri(a))], Collection, Patience, () => _watch.Elapsed);
        _clients.Add(client);
        return client;
    }

    /// <summary>Until every client that writes all the time has had some writes acknowledged that it sent after this call.</summary>
    public Task Progresses(TimeSpan limit, int some = Some)
    {
        var from = Now;
        var clients = _clients.Take(_running.Count).ToList();
        return Eventually.Holds(
            () => clients.All(c => c.Attempts.Count(a => a.Verdict == Verdict.Acknowledged && a.Sent >= from) >= some),
            limit,
            () => $"every client writes again; the last attempts: {string.Join("; ", clients.Select(c => c.Attempts.LastOrDefault()))}");
    }

    /// <returns>Every attempt of every client.</returns>
    public async Task<IReadOnlyList<Attempt>> Stop()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        return [.. _clients.SelectMany(c => c.Attempts)];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _clients.ForEach(c => c.Dispose());
        _stop.Dispose();
    }
}
