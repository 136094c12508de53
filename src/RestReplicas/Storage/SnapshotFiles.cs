using System.Diagnostics;
using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// The snapshots that this node makes for others (protocol.md §6): copies of committed state, made beside the writing,
/// one at a time, of which the last whole one can be read.
/// </summary>
public sealed partial class SnapshotFiles(DataDirectory directory, StorageOptions options, ILogger<SnapshotFiles> logger) : IDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenSource _cancel = new();
    private Thread? _making;
    private Guid? _whole;

    /// <summary>Told the index of an entry that keeps snapshots from being made.</summary>
    public Action<long>? EntryDamaged { get; set; }

    /// <summary>
    /// Never waits. Ends in <see cref="SnapshotTaken"/> or <see cref="SnapshotNotTaken"/>, told on another thread. One that
    /// is being made already is given up.
    /// </summary>
    public void Take(Action<Input> answer)
    {
        lock (_gate)
        {
            _cancel.Cancel();
            _cancel = new();
            var (before, cancellation) = (_making, _cancel.Token);
            _making = new(() =>
            {
                before?.Join();
                answer(Make(cancellation) is { } made ? new SnapshotTaken(made) : new SnapshotNotTaken());
            })
            { IsBackground = true, Name = "snapshot" };
            _making.Start();
        }
    }

    /// <summary>Null: it is not here, any more or yet. What is open can be read to its end, whatever is taken meanwhile.</summary>
    public FileStream? Open(Guid id)
    {
        lock (_gate)
        {
            return _whole == id ? new(FileOf(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete) : null;
        }
    }

    public void Dispose()
    {
        Thread? making;
        lock (_gate)
        {
            _cancel.Cancel();
            making = _making;
        }

        making?.Join();
    }

    /// <summary>Null: there is none, and no trace of the attempt. The one before is kept until then.</summary>
    private Snapshot? Make(CancellationToken cancellation)
    {
        var id = Guid.NewGuid();
        var (file, watch) = (FileOf(id), Stopwatch.StartNew());
        try
        {
            var snapshot = Make(id, file, cancellation);
            Replace(id);
            LogTaken(logger, snapshot.At, snapshot.Bytes, watch.ElapsedMilliseconds);
            return snapshot;
        }
        catch (Exception e)
        {
            // Whatever it is: this node writes and leads on without.
            Remove(file);
            if (e.InnerException is DamagedEntryException damaged)
            {
                EntryDamaged?.Invoke(damaged.Index);
            }

            if (e is not OperationCanceledException)
            {
                LogNotTaken(logger, e.Message);
            }

            return null;
        }
    }

    private Snapshot Make(Guid id, string file, CancellationToken cancellation)
    {
        using (var connection = directory.OpenOn(Database.OpenCopier))
        {
            Copy(connection, file, cancellation);
        }

        SnapshotFile.Strip(file);
        cancellation.ThrowIfCancellationRequested();
        var content = SnapshotFile.Check(file);
        SnapshotFile.Sync(file);
        return new(id, content.At, new FileInfo(file).Length, SnapshotFile.Checksum(file, cancellation), content.Digest);
    }

    /// <summary>What is copied is one state, so the WAL cannot begin anew meanwhile: it may grow until it is as large as the database.</summary>
    private void Copy(SqliteConnection connection, string file, CancellationToken cancellation)
    {
        var (wal, bytes) = (new FileInfo(connection.DataSource + "-wal"), new FileInfo(connection.DataSource).Length);
        var mostWal = Math.Max(bytes, 4 * options.MaxWalBytes);
        CheckRoom(bytes);
        SnapshotFile.Copy(connection, file, () =>
        {
            cancellation.ThrowIfCancellationRequested();
            CheckRoom(0);
            wal.Refresh();
            if (wal.Exists && wal.Length > mostWal)
            {
                throw new IOException($"the WAL grew to {wal.Length} bytes meanwhile");
            }
        });
    }

    /// <summary>A snapshot makes no disk low.</summary>
    private void CheckRoom(long bytes)
    {
        var free = directory.FreeBytes();
        if (free < bytes + options.Reserve)
        {
            throw new IOException($"it takes {bytes} bytes, and of {free} free ones {options.Reserve} are to stay free");
        }
    }

    private void Replace(Guid id)
    {
        Guid? before;
        lock (_gate)
        {
            (before, _whole) = (_whole, id);
        }

        if (before is { } old)
        {
            Remove(FileOf(old));
        }
    }

    private void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotTaken(logger, e.Message);
        }
    }

    private string FileOf(Guid id) => Path.Combine(directory.Snapshots, $"{id:N}.db");

    [LoggerMessage(Level = LogLevel.Information, Message = "A snapshot at {Position} is made: {Bytes} bytes, {Milliseconds} ms")]
    private static partial void LogTaken(ILogger logger, Position position, long bytes, long milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A snapshot could not be made: {Reason}")]
    private static partial void LogNotTaken(ILogger logger, string reason);
}
