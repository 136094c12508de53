using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

/// <summary>
/// The one writing connection to a node's file, and the thread that owns it. Saves and applying are asked for without
/// waiting, and reported when they are done.
/// </summary>
public sealed partial class ReplicaStore : IDisposable
{
    private readonly DataDirectory _directory;
    private readonly TimeProvider _time;
    private readonly ILogger<ReplicaStore> _logger;
    private readonly SqliteConnection _connection;
    private readonly LogTable _log;
    private readonly EntryRows _rows;
    private readonly Applying _applying;
    private readonly Checkpoints _checkpoints;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Statement _pages;
    private readonly FileRoom _room;
    private readonly WalFrames _frames;
    private readonly ReaderPool _readers;
    private readonly UnappliedEntries _unapplied;
    private readonly LogSizes _sizes;
    private readonly StateCheck _check;
    private readonly DiskReserve _reserve;
    private readonly long _pageSize;
    private bool _disposed;

    private ReplicaStore(
        DataDirectory directory, StorageOptions options, TimeProvider time, ILogger<ReplicaStore> logger, SqliteConnection connection, DiskReserve reserve)
    {
        _reserve = reserve;
        using var size = new Statement(connection, "PRAGMA page_size");
        size.Step();
        _pageSize = size.Long(0);
        (_directory, _time, _logger, _connection) = (directory, time, logger, connection);
        _log = new(connection);
        _rows = new(connection);
        _applying = new(connection);
        _begin = new(connection, "BEGIN IMMEDIATE");
        _commit = new(connection, "COMMIT");
        _pages = new(connection, "PRAGMA page_count");
        _room = new(directory.Database);
        _frames = new(connection);
        _readers = new(directory, options.PooledReaders);
        _unapplied = new(options.UnappliedBytes);
        _sizes = LogSizes.Read(connection, options, _log.Base, _applying.LastIndex);
        _checkpoints = new(directory.Database, connection, options, _room, () => _reserve.GiveUp());
        _check = new(directory.Database, options.CheckBytesPerSecond, OnDamaged, RefillIndex, logger);
        _applying.Attach(_check);
    }

    /// <summary>How many commands this process has removed from the log and written to <c>rolled-back/</c>, or tried to.</summary>
    public long RolledBackCommands => Volatile.Read(ref _rolledBack);

    /// <summary>
    /// Begins with a full checkpoint and a sync that is known to have succeeded (protocol.md §5). Throws
    /// <see cref="StartupException"/> if that cannot be done.
    /// </summary>
    public static ReplicaStore Open(DataDirectory directory, StorageOptions options, TimeProvider time, ILogger<ReplicaStore> log)
    {
        SqliteConnection? connection = null;
        DiskReserve? reserve = null;
        try
        {
            reserve = new(directory.Root, options, log);
            connection = Database.OpenWriter(directory.Database, create: false);
            try
            {
                Begin(directory, connection);
            }
            catch (SqliteException e) when (FullDisk.Is(e))
            {
                // What the WAL holds has its room in the file: copied there, it makes room.
                reserve.GiveUp();
                Checkpoint(directory, connection);
                Begin(directory, connection);
            }

            // From here on, waiting for readers (at the end of a checkpoint, only) is time that a save waits.
            Run(connection, "PRAGMA busy_timeout = 20");
            return new(directory, options, time, log, connection, reserve);
        }
        catch (Exception e)
        {
            connection?.Dispose();
            reserve?.Dispose();
            if (e is SqliteException or IOException)
            {
                throw Damage.Evidence(e) is null
                    ? new StartupException($"'{directory.Database}' cannot be used: {e.Message}", e)
                    : new DamagedDiskException($"'{directory.Database}' is damaged: {e.Message}", e);
            }

            throw;
        }
    }

    /// <summary>
    /// What the file holds. To be called before <see cref="Start"/>. Throws <see cref="DamagedDiskException"/>, and lets go
    /// of the file, if the log is damaged where it is still needed.
    /// </summary>
    /// <param name="founds">From now on it is not marked as a replacement any more.</param>
    public StoredState Load(bool founds = false)
    {
        try
        {
            if (founds)
            {
                Run(_connection, "UPDATE node SET replacement = 0 WHERE replacement != 0");
            }

            return Loading.Read(_connection) with { Damaged = _directory.Damage };
        }
        catch (Exception e) when (e is SqliteException or InvalidDataException or DamagedEntryException or JsonException)
        {
            Dispose();
            throw e is SqliteException && Damage.Evidence(e) is null
                ? new StartupException($"'{_directory.Database}' cannot be read: {e.Message}", e)
                : new DamagedDiskException($"'{_directory.Database}' is damaged: {e.Message}", e);
        }
    }

    /// <summary>
    /// The entries from <paramref name="first"/> to <paramref name="last"/> that the file holds at this moment,
    /// consecutive, as many as fit into <paramref name="maxBytes"/> of payload but at least one. From any thread. Throws
    /// <see cref="DamagedEntryException"/> at an entry that does not match its checksum.
    /// </summary>
    public IReadOnlyList<Entry> ReadEntries(long first, long last, int maxBytes) =>
        _readers.Use(reader => reader.Entries.Read(first, last, maxBytes));

    /// <summary>
    /// Stops after the transaction under way; what is only queued is dropped, for nobody was told that it is saved.
    /// Waits for a disk that hangs. Not to be called from a callback.
    /// </summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        StopWriting();
        _directory.Cache.Clear(); // another database may count before the next store is open
        _reserve.Dispose();
        _check.Dispose();
        _checkpoints.Dispose();
        _readers.Dispose();
        _log.Dispose();
        _rows.Dispose();
        _applying.Dispose();
        _begin.Dispose();
        _commit.Dispose();
        _pages.Dispose();
        _frames.Dispose();
        _connection.Dispose();
        _room.Dispose();
    }

    private static void Begin(DataDirectory directory, SqliteConnection connection)
    {
        // The commit puts a page into the WAL, so that the checkpoint syncs the file even after a clean stop.
        Run(connection, "UPDATE node SET starts = starts + 1");
        Checkpoint(directory, connection);
    }

    private static void Checkpoint(DataDirectory directory, SqliteConnection connection)
    {
        if (!Checkpoints.Checkpoint(connection, SQLITE_CHECKPOINT_TRUNCATE, out _))
        {
            throw new StartupException($"'{directory.Database}' is being read by something that does not let go.");
        }
    }

    /// <summary>From any thread: what the database uses, and what is free in its file.</summary>
    private (long Used, long Free) Sizes() => _readers.Use(reader =>
    {
        var (pages, free) = reader.Connection.QuerySingle<(long, long)>("SELECT page_count, freelist_count FROM pragma_page_count, pragma_freelist_count");
        return ((pages - free) * _pageSize, free * _pageSize);
    });

    private static void Run(SqliteConnection connection, string sql)
    {
        using var statement = new Statement(connection, sql);
        statement.Run();
    }
}
