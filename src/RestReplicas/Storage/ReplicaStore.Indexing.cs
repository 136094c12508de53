using Microsoft.Data.Sqlite;

namespace RestReplicas.Storage;

// Indexes are filled and cleared between all else that the writer does, a little at a time.
public sealed partial class ReplicaStore
{
    /// <summary>How long a transaction may hold the write lock for that: a save may be waiting for it.</summary>
    private static readonly TimeSpan FillLimit = TimeSpan.FromMilliseconds(5);

    private readonly HashSet<long> _refill = [];
    private bool _hasIndexWork;
    private bool _isLow;
    private bool _isFull;

    /// <summary>The writer has something to do even if nobody asks for anything.</summary>
    private bool Fills => _hasIndexWork && !_isLow && !_isFull && !IsDamaged;

    /// <summary>Never waits. The content of an index was found to be wrong: it is cleared and filled anew.</summary>
    public void RefillIndex(long number)
    {
        lock (_gate)
        {
            _refill.Add(number);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>A disk that is low keeps its room for the log.</summary>
    private void FillAgain(bool low)
    {
        lock (_gate)
        {
            _isLow = low;
            Monitor.Pulse(_gate);
        }
    }

    private void LookAtIndexes() => WithIndexes(() => _hasIndexWork = !IsDamaged && _applying.Indexes.HasWork);

    private void RefillMarked()
    {
        long[] marked;
        lock (_gate)
        {
            marked = [.. _refill];
            _refill.Clear();
        }

        if (marked.Length > 0 && !IsDamaged)
        {
            WithIndexes(() => TransactOnce(syncs: false, () => Array.ForEach(marked, _applying.Indexes.Refill)));
        }
    }

    private void FillSome()
    {
        if (!Fills)
        {
            return;
        }

        var started = _time.GetTimestamp();
        WithIndexes(() => TransactOnce(syncs: false, () => _applying.Indexes.Work(() => _time.GetElapsedTime(started) >= FillLimit)));
    }

    /// <summary>Whatever becomes of an index, the log and the documents go on; what was rolled back is tried again.</summary>
    private void WithIndexes(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (Damage.Evidence(e) is { } why && IsRolledBack)
        {
            OnDamaged(why);
        }
        catch (SqliteException e) when (FullDisk.Is(e) && IsRolledBack)
        {
            // The reserve is not for this. Once something was applied there may be room again.
            _applying.Indexes.Forget();
            _isFull = true;
        }
    }
}
