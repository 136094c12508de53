using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RestReplicas.Storage;

/// <summary>
/// Room that is kept for votes, configuration, deletes and trimming (protocol.md §5): a file of that size, really
/// allocated, which the writer gives up when it meets a full disk; and as much below
/// <see cref="StorageOptions.MaxDatabaseBytes"/>. The disk is low while the reserve is not whole, or no more room than
/// that is left beside it.
/// </summary>
internal sealed partial class DiskReserve : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly string _root;
    private readonly string _file;
    private readonly long _bytes;
    private readonly long _maxDatabase;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private Func<(long Used, long Free)> _database = () => (0, 0);
    private Action<bool>? _low;
    private Timer? _timer;
    private bool _whole;
    private bool _wasLow;

    public DiskReserve(string root, StorageOptions options, ILogger log)
    {
        (_root, _file, _log) = (root, Path.Combine(root, "reserve"), log);
        (_bytes, _maxDatabase) = (options.Reserve, options.MaxDatabaseBytes);
        _whole = Fill();
    }

    /// <summary>What the database may grow to now; 0: no limit but the disk's.</summary>
    public long DatabaseLimit => _maxDatabase == 0 ? 0 : Volatile.Read(ref _whole) ? _maxDatabase - _bytes : _maxDatabase;

    /// <summary>Looks at once, and then every second, and says when it changes whether the disk is low; it is not, at first.</summary>
    /// <param name="database">Bytes that the database uses, and bytes in its file that are free.</param>
    public void Watch(Func<(long Used, long Free)> database, Action<bool> low)
    {
        (_database, _low, _wasLow) = (database, low, false);
        Look();
        _timer = new(_ => Look(), null, LookEvery, LookEvery);
    }

    /// <summary>A write has met a full disk. True: there is a little room now, so it is worth repeating.</summary>
    public bool GiveUp()
    {
        lock (_gate)
        {
            if (_bytes == 0 || !_whole)
            {
                return false;
            }

            File.Delete(_file);
            Volatile.Write(ref _whole, false);
            LogGivenUp(_log, _root);
        }

        Look();
        return true;
    }

    public void Dispose()
    {
        if (_timer is { } timer)
        {
            using var done = new ManualResetEvent(false);
            timer.Dispose(done);
            done.WaitOne();
        }
    }

    private void Look()
    {
        if (_bytes == 0)
        {
            return;
        }

        try
        {
            var (used, unused) = _database();
            lock (_gate)
            {
                var disk = new DriveInfo(_root).AvailableFreeSpace;
                var database = _maxDatabase == 0 ? long.MaxValue : _maxDatabase - used;
                _whole = _whole ? File.Exists(_file) : Math.Min(disk, database) >= 2 * _bytes && Fill();
                Tell(!_whole || Math.Min(disk + unused, database) < _bytes);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Microsoft.Data.Sqlite.SqliteException)
        {
            LogNotSeen(_log, _root, e);
        }
    }

    private void Tell(bool low)
    {
        if (low != _wasLow)
        {
            _wasLow = low;
            LogLow(_log, _root, low ? "low" : "roomy enough again");
            _low?.Invoke(low);
        }
    }

    /// <summary>False: there is no room for it, and no part of it stays.</summary>
    private bool Fill()
    {
        if (_bytes == 0 || (File.Exists(_file) && new FileInfo(_file).Length == _bytes))
        {
            return true;
        }

        try
        {
            using (var handle = File.OpenHandle(_file, FileMode.Create, FileAccess.Write))
            {
                if (Allocate(handle, _bytes))
                {
                    return true;
                }
            }

            File.Delete(_file);
        }
        catch (IOException e)
        {
            LogNotSeen(_log, _root, e);
        }

        return false;
    }

    /// <summary>A file of that length alone would be a promise that a full disk breaks.</summary>
    private static bool Allocate(SafeFileHandle file, long bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            // NTFS allocates what a file that is not sparse is long; macOS has no such call.
            RandomAccess.SetLength(file, bytes);
            return true;
        }

        return PosixFAllocate(file, 0, bytes) == 0;
    }

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int PosixFAllocate(SafeFileHandle file, long offset, long length);

    [LoggerMessage(LogLevel.Error, "The disk of '{Directory}' is full: the reserve is given up")]
    private static partial void LogGivenUp(ILogger log, string directory);

    [LoggerMessage(LogLevel.Warning, "The disk of '{Directory}' is {State}")]
    private static partial void LogLow(ILogger log, string directory, string state);

    [LoggerMessage(LogLevel.Warning, "The room on the disk of '{Directory}' is not known")]
    private static partial void LogNotSeen(ILogger log, string directory, Exception cause);
}
