using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>
/// The links between processes, as TCP relays that can be cut and slowed in either direction. A cut link swallows nothing
/// and closes nothing: bytes wait, as they do in a network that is away for a while, and arrive when it is healed.
/// </summary>
internal sealed class Network : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string From, string To), Link> _links = new();
    private readonly List<Relay> _relays = [];

    /// <summary>
    /// A relay before a server; <paramref name="caller"/> says by its port, and the relay's, who is on the other end of a
    /// connection. Whom it does not know is not let through: no cut would hold him.
    /// </summary>
    /// <returns>The port to connect to instead of <paramref name="port"/>.</returns>
    public int Before(string server, int port, Func<int, int, string?> caller)
    {
        var relay = new Relay(port, (remote, local) => caller(remote, local) is { } from ? (Between(from, server), Between(server, from)) : null);
        _relays.Add(relay);
        return relay.Port;
    }

    public void Cut(string from, string to) => Between(from, to).Close();

    public void CutBothWays(string a, string b)
    {
        Cut(a, b);
        Cut(b, a);
    }

    public void Mend(string from, string to) => Between(from, to).Open();

    public void Heal()
    {
        foreach (var link in _links.Values)
        {
            link.Open();
        }
    }

    public void Slow(string from, string to, TimeSpan delay) => Between(from, to).Delay = delay;

    public void Set(string from, string to, LinkState state)
    {
        var link = Between(from, to);
        (link.Delay, link.LossPercent) = (state.Delay, state.LossPercent);
        if (state.Cut)
        {
            link.Close();
        }
        else
        {
            link.Open();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Heal();
        foreach (var relay in _relays)
        {
            await relay.DisposeAsync();
        }
    }

    private Link Between(string from, string to) => _links.GetOrAdd((from, to), _ => new Link());

    private sealed class Link
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource? _closed;

        /// <summary>What TCP makes of a lost packet: it comes again, this much later, or twice as much.</summary>
        private static readonly TimeSpan Resent = TimeSpan.FromMilliseconds(200);

        public TimeSpan Delay { get; set; }

        public int LossPercent { get; set; }

        public void Close()
        {
            lock (_lock)
            {
                _closed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public void Open()
        {
            lock (_lock)
            {
                _closed?.SetResult();
                _closed = null;
            }
        }

        public async ValueTask Pass(CancellationToken cancellationToken)
        {
            if (Delay > TimeSpan.Zero)
            {
                await Task.Delay(Delay, cancellationToken);
            }

            for (var again = Resent; Random.Shared.Next(100) < LossPercent; again *= 2)
            {
                await Task.Delay(again, cancellationToken);
            }

            Task? closed;
            lock (_lock)
            {
                closed = _closed?.Task;
            }

            await (closed ?? Task.CompletedTask).WaitAsync(cancellationToken);
        }
    }

    private sealed class Relay : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _end = new();
        private readonly Func<int, int, (Link There, Link Back)?> _links;
        private readonly int _target;
        private readonly Task _accepting;

        public Relay(int target, Func<int, int, (Link There, Link Back)?> links)
        {
            _target = target;
            _links = links;
            _listener.Start();
            _accepting = Accept();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _accepting;
            _listener.Dispose();
            _end.Dispose();
        }

        private async Task Accept()
        {
            var running = new List<Task>();
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync(_end.Token);
                    running.RemoveAll(t => t.IsCompleted);
                    running.Add(Relayed(client));
                }
            }
            catch (OperationCanceledException)
            {
                await Task.WhenAll(running);
            }
        }

        private async Task Relayed(TcpClient client)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            using (client)
            using (var server = new TcpClient())
            {
                try
                {
                    if (_links(((IPEndPoint)client.Client.RemoteEndPoint!).Port, Port) is var (there, back))
                    {
                        await there.Pass(end.Token);
                        await server.ConnectAsync(IPAddress.Loopback, _target, end.Token);
                        client.NoDelay = server.NoDelay = true;
                        await await Task.WhenAny(
                            Pump(client.GetStream(), server.GetStream(), there, end.Token),
                            Pump(server.GetStream(), client.GetStream(), back, end.Token));
                    }
                }
                catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
                {
                    // Either side went away: so does the other.
                }

                await end.CancelAsync();
                client.Client.Close(0); // reset, not a polite end
            }
        }

        private static async Task Pump(NetworkStream from, NetworkStream to, Link link, CancellationToken cancellationToken)
        {
            var buffer = new byte[64 * 1024];
            for (int count; (count = await from.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                await link.Pass(cancellationToken);
                await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }

            await link.Pass(cancellationToken);
        }
    }
}
