using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace RestReplicas.Tests;

/// <summary>
/// A real redis-server on a free port of 127.0.0.1, which keeps nothing: killed and started again it is empty. It ends
/// with this object, and also with the test process, however that ends.
/// </summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private const int SigCont = 18, SigStop = 19;

    /// <summary>
    /// The shell tells the server's process id, and kills it when its own standard input ends: that pipe breaks even
    /// if the test process is killed.
    /// </summary>
    private const string Watch = """
        exec 3<&0 2>/dev/null
        redis-server "$@" </dev/null >/dev/null 3<&- &
        echo $!
        read -r _ <&3
        kill -9 $!
        wait $!
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("redis-");
    private readonly string[] _options;
    private Process? _shell;
    private int _id;

    private RedisProcess(string[] options) => _options = options;

    public int Port { get; } = Ports.Free();

    /// <summary>As configuration strings want it.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <param name="options">More of redis-server's options, for example <c>--requirepass x</c>.</param>
    public static async Task<RedisProcess> Start(CancellationToken cancellation, params string[] options)
    {
        var server = new RedisProcess(options);
        await server.Run(cancellation);
        return server;
    }

    /// <summary>SIGKILL. When this returns, connections are refused.</summary>
    public async Task Kill()
    {
        if (_shell is not { } shell)
        {
            return;
        }

        _shell = null;
        shell.StandardInput.Close();
        await shell.WaitForExitAsync();
        shell.Dispose();
    }

    /// <summary>Again on the same port, empty.</summary>
    public async Task Restart(CancellationToken cancellation)
    {
        await Kill();
        await Run(cancellation);
    }

    /// <summary>SIGSTOP: connections stay, and new ones are accepted by the kernel, but nothing answers.</summary>
    public void Freeze() => _ = Signal(_id, SigStop);

    public void Thaw() => _ = Signal(_id, SigCont);

    /// <summary>One command, and the last line of its answer: a number, a string, empty for nil.</summary>
    public async Task<string> Ask(string command, CancellationToken cancellation)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port, cancellation);
        using var reader = new StreamReader(client.GetStream());
        await client.GetStream().WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{command}\r\n"), cancellation);
        var answer = await reader.ReadLineAsync(cancellation) ?? "";
        return answer is "$-1" ? ""
            : answer.StartsWith('$') ? await reader.ReadLineAsync(cancellation) ?? ""
            : answer[Math.Min(1, answer.Length)..];
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        _directory.Delete(recursive: true);
    }

    private async Task Run(CancellationToken cancellation)
    {
        string[] arguments =
        [
            "-c", Watch, "sh", "--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--dir", _directory.FullName, .. _options,
        ];
        var shell = Process.Start(new ProcessStartInfo("/bin/sh", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        _shell = shell;
        _id = int.Parse((await shell.StandardOutput.ReadLineAsync(cancellation))!, CultureInfo.InvariantCulture);
        while (Runs(_id))
        {
            try
            {
                // NOAUTH where a password is required. Anything else comes from whoever has its port.
                var answer = await Ask("PING", cancellation);
                if (answer == "PONG" || answer.StartsWith("NOAUTH", StringComparison.Ordinal))
                {
                    return;
                }
            }
            catch (SocketException)
            {
                // Not yet.
            }

            await Task.Delay(5, cancellation);
        }

        await Kill();
        throw new InvalidOperationException($"redis-server did not start on port {Port}");
    }

    /// <summary>A zombie, which the shell has not waited for, does not run.</summary>
    private static bool Runs(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);
}
