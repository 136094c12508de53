using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

/// <summary>
/// Keeps the WAL short without making commits wait: a thread beside the writer copies it into the database file; then
/// the writer copies the little that it wrote meanwhile, which lets it begin the WAL anew. Only a WAL of
/// <see cref="StorageOptions.MaxWalBytes"/> makes the writer wait.
/// </summary>
internal sealed partial class Checkpoints : IDisposable
{
    private static readonly TimeSpan WriteBackEvery = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// Of the copying: what clients wait for goes first, where there are not processors enough for both. Not the lowest: beside
    /// others that want all processors it still has a tenth of one's share of them.
    /// </summary>
    private const int Niceness = 10;

    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _beside;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly SemaphoreSlim _done = new(0);
    private readonly long _from;
    private readonly long _max;
    private bool _running;
    private volatile bool _stopping;
    private readonly FileRoom _room;
    private readonly Action _full;
    private volatile SqliteException? _failure;
    private long _pagesAtBegin;
    private long _next;

    /// <param name="full">The file cannot grow; to make room. On the writer's thread.</param>
    public Checkpoints(string file, SqliteConnection writer, StorageOptions options, FileRoom room, Action full)
    {
        (_room, _full) = (room, full);
        using var size = new Statement(writer, "PRAGMA page_size");
        size.Step();
        (_from, _max) = (options.CheckpointBytes / size.Long(0), options.MaxWalBytes / size.Long(0));
        _writer = writer;
        _pagesAtBegin = PagesWritten();
        _next = _from;
        _beside = Database.OpenWriter(file, create: false);
        _thread = new(Run) { IsBackground = true, Name = "checkpoint" };
        _thread.Start();
    }

    /// <summary>On the writer's thread, outside its transactions. Throws what went wrong on the other thread.</summary>
    public void AfterCommit()
    {
        var pages = PagesWritten() - _pagesAtBegin;
        if (_running)
        {
            if (_done.Wait(pages < _max ? TimeSpan.Zero : Timeout.InfiniteTimeSpan))
            {
                _running = false;
                Finish();
            }
        }
        else if (pages >= _next)
        {
            _running = true;
            _wanted.Release();
        }
    }

    public void Dispose()
    {
        _stopping = true;
        _wanted.Release();
        _thread.Join();
        _beside.Dispose();
        _wanted.Dispose();
        _done.Dispose();
    }

    /// <summary>
    /// Copies the WAL into the file and begins it anew. False: readers still need it; what could be copied is copied,
    /// and <paramref name="pages"/> stay in the WAL.
    /// </summary>
    public static bool Checkpoint(SqliteConnection connection, int mode, out int pages)
    {
        var result = sqlite3_wal_checkpoint_v2(connection.Handle, "main", mode, out pages, out _);
        if (result is SQLITE_OK or SQLITE_BUSY)
        {
            return result == SQLITE_OK;
        }

        throw new SqliteException(
            sqlite3_errmsg(connection.Handle).utf8_to_string(), result & 0xFF, sqlite3_extended_errcode(connection.Handle));
    }

    private void Finish()
    {
        var (anew, pages) = (false, PagesWritten() - _pagesAtBegin);
        try
        {
            if (_failure is { } failure)
            {
                _failure = null;
                throw failure;
            }

            anew = Checkpoint(_writer, SQLITE_CHECKPOINT_RESTART, out var left);
            pages = left;
        }
        catch (SqliteException e) when (FullDisk.Is(e))
        {
            // Nothing is lost: what was committed is in the WAL. The next checkpoint is the next attempt.
            _full();
        }
        catch (SqliteException e)
        {
            throw new IOException($"A checkpoint failed: {e.Message}", e);
        }

        _room.CutOff();
        _pagesAtBegin = PagesWritten() - (anew ? 0 : pages);

        // A reader that holds on to the WAL costs one short wait per so many pages, not one per commit.
        _next = anew ? _from : pages + (_from / 4);
    }

    private void Run()
    {
        if (OperatingSystem.IsLinux())
        {
            // There, and only there, it is this thread's, and that of those which it starts.
            _ = SetPriority(0, 0, Niceness);
        }

        while (true)
        {
            _wanted.Wait();
            if (_stopping)
            {
                return;
            }

            using var copied = new ManualResetEvent(false);
            var writesBack = new Thread(() => WriteBack(copied)) { IsBackground = true, Name = "write-back" };
            writesBack.Start();
            try
            {
                Checkpoint(_beside, SQLITE_CHECKPOINT_PASSIVE, out _);
            }
            catch (SqliteException e)
            {
                _failure = e;
            }

            copied.Set();
            writesBack.Join();
            _done.Release();
        }
    }

    /// <summary>
    /// Some ten thousand pages that all leave for the disk at the end, when SQLite syncs the file, would keep the WAL's syncs
    /// waiting for a third of a second, and so every write.
    /// </summary>
    private void WriteBack(ManualResetEvent copied)
    {
        while (!copied.WaitOne(WriteBackEvery))
        {
            _room.BeginWriteBack();
        }
    }

    private long PagesWritten()
    {
        // SQLITE_DBSTATUS_CACHE_WRITE: pages that this connection wrote, which in WAL mode is the growth of the WAL.
        const int cacheWrite = 9;
        _ = sqlite3_db_status(_writer.Handle, cacheWrite, out var pages, out _, 0);
        return pages;
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int niceness);
}
