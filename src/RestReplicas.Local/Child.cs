using System.Diagnostics;
using System.Globalization;

namespace RestReplicas.Local;

/// <summary>
/// One process of the cluster. Its output goes to a log file. To be started on the main thread: the kernel ends it with
/// the *thread* that started it, and a pool thread may end at any time.
/// </summary>
internal sealed class Child : IDisposable
{
    private readonly Process _process;
    private readonly Lock _writing = new();
    private readonly StreamWriter _log;
    private string _lastLine = "";

    public Child(string name, string log, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment)
    {
        Name = name;
        _log = new StreamWriter(new FileStream(log, FileMode.Create, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var start = new ProcessStartInfo(Programs.DotNet)
        {
            ArgumentList = { Programs.Self, BoundToParent.Verb, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in command)
        {
            start.ArgumentList.Add(argument);
        }

        // Settings travel in the environment: unlike arguments, other users of the machine cannot read it.
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Write(line.Data);
        _process.ErrorDataReceived += (_, line) => Write(line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Name { get; }

    public int Id => _process.Id;

    public bool Ended => _process.HasExited;

    /// <summary>How it ended, in words: the shell's convention is 128 + signal.</summary>
    public string Ending => _process.ExitCode > 128
        ? string.Create(CultureInfo.InvariantCulture, $"was ended by signal {_process.ExitCode - 128}")
        : string.Create(CultureInfo.InvariantCulture, $"ended with exit code {_process.ExitCode}");

    /// <summary>The last line it printed, once it has ended: at a refused start, the reason.</summary>
    public string LastLine
    {
        get
        {
            _process.WaitForExit(); // until its output has been read
            lock (_writing)
            {
                return _lastLine;
            }
        }
    }

    /// <summary>Asks it to end.</summary>
    public void Stop() => Send(Posix.SigTerm);

    public void Kill() => Send(Posix.SigKill);

    /// <returns>False if it still runs after <paramref name="limit"/>.</returns>
    public bool WaitUntilEnded(TimeSpan limit) => _process.WaitForExit(limit > TimeSpan.Zero ? limit : TimeSpan.Zero);

    public void Dispose()
    {
        Kill();
        _process.WaitForExit();
        _process.Dispose();
        lock (_writing)
        {
            _log.Dispose();
        }
    }

    private void Send(int signal)
    {
        if (!_process.HasExited)
        {
            _ = Posix.Signal(_process.Id, signal);
        }
    }

    private void Write(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_writing)
        {
            _log.WriteLine(line);
            _lastLine = line.Trim() is { Length: > 0 } text ? text : _lastLine;
        }
    }
}
