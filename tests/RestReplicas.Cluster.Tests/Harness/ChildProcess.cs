using System.Diagnostics;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>A real process and everything it prints.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly StreamWriter? _log;
    private volatile bool _frozen;

    /// <param name="log">Where its output goes, appended; null: only kept in memory.</param>
    public ChildProcess(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? log = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (key, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[key] = value;
        }

        if (log is not null)
        {
            _log = new StreamWriter(log, append: true) { AutoFlush = true };
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        Spawner.Start(_process);
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool Ended => _process.HasExited;

    /// <summary>Of one that has ended; above 128: the signal's number is what is beyond.</summary>
    public int ExitCode => _process.ExitCode;

    public IReadOnlyList<string> Output
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    /// <returns>The exit code, once all output has been read.</returns>
    public async Task<int> WaitForExit(TimeSpan limit)
    {
        using var timer = new CancellationTokenSource(limit);
        try
        {
            await _process.WaitForExitAsync(timer.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{_process.StartInfo.ArgumentList[2]} still runs after {limit.TotalSeconds} s. It printed:\n{string.Join('\n', Output)}");
        }

        return _process.ExitCode;
    }

    public Task WaitForLine(string part, TimeSpan limit) =>
        Eventually.Holds(() => Output.Any(l => l.Contains(part, StringComparison.Ordinal)), limit, () => $"no line with '{part}' in:\n{string.Join('\n', Output)}");

    public void Signal(int signal)
    {
        if (!_process.HasExited)
        {
            Assert.Equal(0, Posix.Kill(_process.Id, signal));
        }
    }

    public void Freeze()
    {
        Signal(Posix.SigStop);
        _frozen = true;
    }

    public void Thaw()
    {
        Signal(Posix.SigCont);
        _frozen = false;
    }

    public bool Frozen => _frozen;

    public async Task Kill()
    {
        Signal(Posix.SigKill);
        await WaitForExit(TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        _process.Dispose();
        _log?.Dispose();
    }

    private void Take(string? line)
    {
        if (line is not null)
        {
            lock (_lock)
            {
                _lines.Add(line);
                _log?.WriteLine(line);
            }
        }
    }
}
