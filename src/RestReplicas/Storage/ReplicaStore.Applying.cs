using RestReplicas.Protocol;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

// The writer's thread again: committed entries become documents, until the state turns out to be damaged.
public sealed partial class ReplicaStore
{
    /// <summary>How long a transaction may hold the write lock for applying: a vote may be waiting for it.</summary>
    private static readonly TimeSpan ApplyLimit = TimeSpan.FromMilliseconds(20);

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

    private void ApplySome(long through, StoreReports reports)
    {
        var done = new List<AppliedEntry>();
        var bytes = new List<long>();
        var digests = new List<StateDigest>();
        var started = _time.GetTimestamp();
        var before = _applying.LastIndex;
        try
        {
            Transact(syncs: false, () =>
            {
                done.Clear();
                bytes.Clear();
                digests.Clear();
                _applying.Begin();
                foreach (var entry in Committed(_applying.LastIndex + 1, through))
                {
                    done.Add(_applying.Apply(entry));
                    bytes.Add(entry.Payload.Length + _applying.OutcomeBytes);
                    _unapplied.Remove(entry.Index);
                    if (entry.Index % reports.DigestEvery == 0)
                    {
                        digests.Add(_applying.Digest);
                    }

                    if (_time.GetElapsedTime(started) >= ApplyLimit)
                    {
                        break;
                    }
                }

                _applying.Finish(done[^1].Position);
            });
        }
        catch (Exception e) when (Damage.Evidence(e) is { } why && IsRolledBack)
        {
            // The log is another thing: what it promises stays, and saving goes on.
            _applying.StopAt(before);
            OnDamaged(why);
            return;
        }

        if (digests.Count == 0 || digests[^1] != _applying.Digest)
        {
            digests.Add(_applying.Digest);
        }

        reports.Applied(done, digests);
        Measure(done, bytes, reports);
    }

    private void Measure(List<AppliedEntry> done, List<long> bytes, StoreReports reports)
    {
        var reported = _sizes.Marks;
        for (var i = 0; i < done.Count; i++)
        {
            _sizes.Add(done[i].Position.Index, bytes[i]);
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
}
