using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

// The writer's thread: everything queued becomes one synced transaction, in which some of what is committed is applied (ReplicaStore.Applying.cs).
public sealed partial class ReplicaStore
{
    private readonly object _gate = new();
    private List<Save> _queue = [];
    private long _applyThrough;
    private bool _stopping;
    private Thread? _writer;
    private long _rolledBack;
    private bool _syncs = true;
    private long _limitedTo;

    /// <summary>Starts to write, and to check what was written.</summary>
    public void Start(StoreReports reports)
    {
        _reports = reports;
        _writer = new(() => Write(reports)) { IsBackground = true, Name = "storage" };
        _directory.Cache.Publish(_applying.Last);
        _writer.Start();
        if (_directory.Damage is null)
        {
            _check.Start();
        }

        _reserve.Watch(Sizes, low =>
        {
            reports.Space(low);
            FillAgain(low);
        });
    }

    /// <summary>
    /// Never waits. Everything queued goes into one transaction; the caller bounds what is queued, and leaves the payloads
    /// as they are. After a failure it does nothing.
    /// </summary>
    public void Enqueue(Save save)
    {
        lock (_gate)
        {
            if (!_stopping)
            {
                _queue.Add(save);
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Never waits. Entries up to this index are committed; they are applied as far as they are saved.</summary>
    public void Apply(long through)
    {
        lock (_gate)
        {
            _applyThrough = Math.Max(_applyThrough, through);
            Monitor.Pulse(_gate);
        }
    }

    private void Write(StoreReports reports)
    {
        try
        {
            reports.Bounds(_sizes.Bounds);
            LookAtIndexes();
            while (Take() is { } work)
            {
                // Trimming and applying take turns: neither keeps the other from happening, and saves go with both.
                var applies = work.ApplyThrough > _applying.LastIndex && !IsDamaged && (work.Saves.Count > 0 || _applying.LastIndex < _log.LastIndex);
                var trims = work.TrimThrough > _log.Base && !(_trimmedLast && applies);
                Commit(work.Saves, applies && !trims ? work.ApplyThrough : 0, reports);
                if (trims)
                {
                    TrimSome(work.TrimThrough);
                }

                _trimmedLast = trims;
                RefillMarked();
                FillSome();
                LookAtIndexes();
                WriteMark();
                MendEntry();
                _checkpoints.AfterCommit();
            }
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                _stopping = true;
                _queue = [];
            }

            reports.Failed(e);
        }
    }

    /// <summary>
    /// Waits for work. All parts are taken in one look: whatever was asked to be saved before an apply is in the file
    /// when that is carried out. Null: stop.
    /// </summary>
    private (List<Save> Saves, long ApplyThrough, long TrimThrough)? Take()
    {
        lock (_gate)
        {
            while (!_stopping && _queue.Count == 0 && _mark is null && _intact is null && _refill.Count == 0 && !Fills && Trimmable <= _log.Base
                && (IsDamaged || Math.Min(_applyThrough, _log.LastIndex) <= _applying.LastIndex))
            {
                Monitor.Wait(_gate);
            }

            if (_stopping)
            {
                return null;
            }

            var saves = _queue;
            _queue = [];
            return (saves, _applyThrough, Trimmable);
        }
    }

    // Step 4 of a write: durable here, together with all that was queued; what is applied beside costs no transaction of its own.
    /// <param name="applyThrough">Entries that are committed; 0: apply none.</param>
    private void Commit(List<Save> saves, long applyThrough, StoreReports reports)
    {
        if (saves.Count == 0 && applyThrough == 0)
        {
            return;
        }

        var before = _applying.Last;
        long rolledBack = 0;
        AppliedRun? run = null;
        try
        {
            Transact(syncs: saves.Count > 0, () =>
            {
                rolledBack = saves.Sum(Save);
                var through = Math.Min(applyThrough, _log.LastIndex);
                run = through > _applying.LastIndex ? ApplySome(through, saves.Count > 0 ? ApplyLimitBesideSaves : ApplyLimit, reports.DigestEvery) : null;
            });
        }
        catch (Exception e) when (applyThrough > 0 && Damage.Evidence(e) is { } why && IsRolledBack)
        {
            // The log is another thing: what it promises stays, and saving goes on.
            _applying.StopAt(before);
            _log.Load();
            _unapplied.RemoveAfter(_log.LastIndex);
            Commit(saves, 0, reports);
            OnDamaged(why);
            return;
        }

        Volatile.Write(ref _rolledBack, _rolledBack + rolledBack);
        if (saves.Count > 0)
        {
            reports.Saved(saves[^1].Ticket);
        }

        if (run is not null)
        {
            Report(run, reports);
        }
    }

    private long Save(Save save)
    {
        long rolledBack = 0;
        if (save.Hard is { } hard)
        {
            _log.Promise(hard);
        }

        if (save.RemoveFrom is { } from && from <= _log.LastIndex)
        {
            Ensure.That(from > _applying.LastIndex, "what is applied is never removed (invariant 3)");
            rolledBack = KeepRolledBack(from);
            for (var index = from; index <= _log.LastIndex; index++)
            {
                _unapplied.Remove(index);
            }

            _log.RemoveFrom(from);
        }

        foreach (var entry in save.Entries)
        {
            _log.Append(entry);
            _unapplied.Add(entry);
        }

        return rolledBack;
    }

    /// <summary>Before the removal commits, so that no crash loses both. A failure here deposes nobody.</summary>
    private long KeepRolledBack(long from)
    {
        try
        {
            var kept = RolledBack.Write(_directory.RolledBack, _rows.Read(from, _log.LastIndex));
            if (kept > 0)
            {
                LogKept(_logger, kept, from, _log.LastIndex);
            }

            return kept;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            LogNotKept(_logger, from, _log.LastIndex, e);
            return 0;
        }
    }

    /// <param name="write">Done twice where the disk is full the first time, and the reserve makes room.</param>
    private void Transact(bool syncs, Action write)
    {
        try
        {
            TransactOnce(syncs, write);
        }
        catch (SqliteException e) when (FullDisk.Is(e) && IsRolledBack && _reserve.GiveUp())
        {
            _log.Load();
            _applying.Load();
            _unapplied.RemoveAfter(_log.LastIndex);
            TransactOnce(syncs, write);
        }
    }

    private void TransactOnce(bool syncs, Action write)
    {
        LimitSize();
        if (syncs != _syncs)
        {
            // Outside a transaction; a commit that is not synced is made durable by the next one that is.
            Run(_connection, $"PRAGMA synchronous = {(syncs ? "FULL" : "NORMAL")}");
            _syncs = syncs;
        }

        _begin.Run();
        try
        {
            write();
            TakeRoom();
            _commit.Run();
        }
        catch
        {
            // Best effort: where it fails, the connection is not used again, and closing it rolls back as well.
            _ = sqlite3_exec(_connection.Handle, "ROLLBACK");
            throw;
        }
    }

    private void TakeRoom()
    {
        _pages.Step();
        var pages = _pages.Long(0);
        _pages.Reset();
        _room.Take(pages * _pageSize);
    }

    private void LimitSize()
    {
        var bytes = _reserve.DatabaseLimit;
        if (bytes != _limitedTo)
        {
            // A file that is larger already stays so.
            Run(_connection, $"PRAGMA max_page_count = {Math.Max(1, bytes / _pageSize)}");
            _limitedTo = bytes;
        }
    }

    private void StopWriting()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }

        _writer?.Join();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} writes, entries {First} to {Last}, are not in the leader's log and were rolled back here; no majority ever had them. GET /cluster/rolled-back shows them.")]
    private static partial void LogKept(ILogger logger, long count, long first, long last);

    [LoggerMessage(Level = LogLevel.Error, Message = "Entries {First} to {Last}, which another leader's log replaces, could not be written to rolled-back/.")]
    private static partial void LogNotKept(ILogger logger, long first, long last, Exception exception);
}
