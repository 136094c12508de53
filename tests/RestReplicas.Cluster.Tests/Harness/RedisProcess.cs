using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>A real Redis that keeps nothing on disk, always on the same port: restarted, it is empty.</summary>
internal sealed class RedisProcess(string host, int port, string log) : IAsyncDisposable
{
    private static readonly string Program = Programs.Installed("redis-server", "redis-server");
    private static readonly TimeSpan RetakeLimit = TimeSpan.FromSeconds(60);
    private ChildProcess? _process;

    public string Address { get; } = $"{host}:{port}";

    private string Folder { get; } = Path.GetDirectoryName(log)!;

    private string File { get; } = string.Create(CultureInfo.InvariantCulture, $"dump{port}.rdb");

    public ChildProcess Process => _process ?? throw new InvalidOperationException("Redis was not started.");

    /// <summary>What it knows now, with the lease held for a long time yet, on disk: for a later start.</summary>
    public async Task Remember()
    {
        await Ask("PEXPIRE restreplicas:lease 60000");
        await Ask("SAVE");
    }

    public Task Start() => Start(remembering: false);

    public async Task Start(bool remembering)
    {
        if (!remembering)
        {
            System.IO.File.Delete(Path.Combine(Folder, File));
        }

        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        string[] arguments = ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", host, "--protected-mode", "no", "--save", "", "--appendonly", "no", "--dir", Folder, "--dbfilename", File];
        _process = new ChildProcess(Program, arguments, log: log);
        await Eventually.Holds(
            async () => await Try("PING") is { } answer && answer.StartsWith("+PONG", StringComparison.Ordinal),
            TimeSpan.FromSeconds(60),
            () => $"Redis answers on port {port}");
    }

    /// <summary>One command without arguments that need quoting; the raw answer.</summary>
    public async Task<string> Ask(string command) => await Try(command) ?? throw new InvalidOperationException($"Redis did not answer {command}");

    /// <summary>Until the value of the lease names this node as its holder.</summary>
    public async Task LeaseHeldBy(ReplicaProcess node)
    {
        var value = "";
        await Eventually.Holds(
            async () => (value = await Ask("GET restreplicas:lease")).Contains(node.Name, StringComparison.Ordinal),
            RetakeLimit,
            () => $"{node.Name} holds the lease on {Address}: {value}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    private async Task<string?> Try(string command)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port);
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(command + "\r\n"));
            var buffer = new byte[4096];
            var count = await client.GetStream().ReadAsync(buffer);
            return Encoding.UTF8.GetString(buffer, 0, count);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return null;
        }
    }
}
