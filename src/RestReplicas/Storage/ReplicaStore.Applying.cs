using RestReplicas.Protocol;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

// The writer's thread again: committed entries become documents, until the state turns out to be damaged.
public sealed partial class ReplicaStore
{
    /// <summary>How long a transaction may hold the write lock for applying: a vote may be waiting for it.</summary>
    private static readonly TimeSpan ApplyLimit = TimeSpan.FromMilliseconds(20);

    /// <summary>The same, where saves wait for the very transaction, and are waited for.</summary>
    private static readonly TimeSpan ApplyLimitBesideSaves = TimeSpan.FromMilliseconds(5);

    private const int ReadAheadBytes = 1 << 20;

    private StoreReports? _reports;
    private string? _mark;
    private int _damaged;

    private bool IsDamaged => Volatile.Read(ref _damaged) != 0;

    /// <summary>Never waits. The next store that loads this generation is told so (<see cref="StoredState.Damaged"/>).</summary>
    public void MarkDamaged(string why)
    {
        lock (_gate)
        {
            _mark = why;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>In a transaction: committed entries that are saved, one at least and as many as time allows.</summary>
    private AppliedRun ApplySome(long through, TimeSpan limit, int digestEvery)
    {
        var run = new AppliedRun([], [], []);
        var started = _time.GetTimestamp();
        _applying.Begin();
        foreach (var entry in Committed(_applying.LastIndex + 1, through))
        {
            run.Entries.Add(_applying.Apply(entry));
            run.Bytes.Add(entry.Payload.Length + _applying.OutcomeBytes);
            _unapplied.Remove(entry.Index);
            if (entry.Index % digestEvery == 0)
            {
                run.Digests.Add(_applying.Digest);
            }

            if (_time.GetElapsedTime(started) >= limit)
            {
                break;
            }
        }

        _applying.Finish();
        _directory.Cache.Change(_applying.Changed);
        if (run.Digests.Count == 0 || run.Digests[^1] != _applying.Digest)
        {
            run.Digests.Add(_applying.Digest);
        }

        return run;
    }

    private void Report(AppliedRun run, StoreReports reports)
    {
        _isFull = false;
        _directory.Cache.Publish(_applying.Last);
        reports.Applied(run.Entries, run.Digests);
        var reported = _sizes.Marks;
        for (var i = 0; i < run.Entries.Count; i++)
        {
            _sizes.Add(run.Entries[i].Position.Index, run.Bytes[i]);
        }

        if (_sizes.Marks != reported)
        {
            reports.Bounds(_sizes.Bounds);
        }
    }

    private IEnumerable<Entry> Committed(long first, long through)
    {
        for (var index = first; index <= through;)
        {
            var entries = _unapplied.Find(index) is { } entry ? [entry] : _rows.Read(index, through, ReadAheadBytes);
            foreach (var next in entries)
            {
                index++;
                yield return next;
            }

            if (entries.Count == 0)
            {
                throw new InvalidDataException($"The log entry at index {index} is missing.");
            }
        }
    }

    private bool IsRolledBack => sqlite3_get_autocommit(_connection.Handle) != 0;

    /// <summary>From the writer's thread, or the one that checks.</summary>
    private void OnDamaged(string why)
    {
        if (Interlocked.Exchange(ref _damaged, 1) == 0)
        {
            _reports!.Damaged(why);
        }
    }

    private void WriteMark()
    {
        string? why;
        lock (_gate)
        {
            (why, _mark) = (_mark, null);
        }

        try
        {
            if (why is not null)
            {
                _directory.MarkDamaged(why);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The evidence will be met again.
            LogNotMarked(_logger, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The state is damaged, which could not be noted in its directory.")]
    private static partial void LogNotMarked(ILogger logger, Exception exception);

    /// <summary>What one transaction has applied.</summary>
    /// <param name="Bytes">That each takes in the log, with its outcome.</param>
    private sealed record AppliedRun(List<AppliedEntry> Entries, List<long> Bytes, List<StateDigest> Digests);
}
