namespace RestReplicas.Cluster;

/// <summary>
/// Linearizable reads that wait: to be asked about, for a leader's word, or for this node to apply what it said. A
/// failed confirmation is asked for again until the read's time limit. Owned by the loop.
/// </summary>
internal sealed class PendingReads(TimeSpan retryAfter)
{
    private readonly Dictionary<long, PendingRead> _asked = [];
    private readonly PriorityQueue<PendingRead, long> _confirmed = new();
    private readonly List<Pending<ReadIndexResult>> _settled = [];
    private List<PendingRead> _waiting = [];
    private List<PendingRead> _spare = [];
    private TimeSpan _retryAt;
    private long _lastId;

    public bool HasWaiting => _waiting.Count > 0;

    public bool IsEmpty => _asked.Count == 0 && _confirmed.Count == 0 && _waiting.Count == 0;

    /// <summary>The number to ask the replica under.</summary>
    public long Ask(PendingRead read)
    {
        _asked.Add(++_lastId, read);
        return _lastId;
    }

    public void Confirmed(long id, long index, long applied)
    {
        if (!_asked.Remove(id, out var read))
        {
            return;
        }

        _confirmed.Enqueue(read, index);
        Applied(applied);
    }

    /// <summary>Asked again when the node's status changes, or else after a moment.</summary>
    public void Failed(long id, TimeSpan now)
    {
        if (_asked.Remove(id, out var read))
        {
            Wait(read, now);
        }
    }

    /// <summary>Those whose turn to be asked about again has come.</summary>
    public IReadOnlyList<PendingRead> TakeWaiting(bool statusChanged, TimeSpan now)
    {
        if (_waiting.Count == 0 || (!statusChanged && now < _retryAt))
        {
            return [];
        }

        (_waiting, _spare) = (_spare, _waiting);
        _waiting.Clear();
        return _spare;
    }

    public void Applied(long index)
    {
        while (_confirmed.TryPeek(out var read, out var needed) && needed <= index)
        {
            _confirmed.Dequeue();
            Settle(read, new ReadIndexResult.Confirmed(needed));
        }
    }

    /// <summary>The replica that was asked is gone; the next one has to be asked.</summary>
    public void Restarted(TimeSpan now)
    {
        foreach (var read in _asked.Values)
        {
            Wait(read, now);
        }

        _asked.Clear();
    }

    public void Expire(TimeSpan now)
    {
        foreach (var (id, read) in _asked)
        {
            if (now >= read.Deadline)
            {
                _asked.Remove(id);
                Settle(read, new ReadIndexResult.NotConfirmed());
            }
        }

        _waiting.RemoveAll(read => IsOver(read, now));
        if (_confirmed.UnorderedItems.Any(item => now >= item.Element.Deadline))
        {
            var kept = _confirmed.UnorderedItems.Where(item => !IsOver(item.Element, now)).ToList();
            _confirmed.Clear();
            _confirmed.EnqueueRange(kept);
        }
    }

    /// <summary>The clients learn what was settled; after the status that it rests on was published.</summary>
    public void Tell() => PendingRead.Tell(_settled);

    private void Settle(PendingRead read, ReadIndexResult result)
    {
        read.Result = result;
        _settled.Add(read);
    }

    private bool IsOver(PendingRead read, TimeSpan now)
    {
        if (now < read.Deadline)
        {
            return false;
        }

        Settle(read, new ReadIndexResult.NotConfirmed());
        return true;
    }

    private void Wait(PendingRead read, TimeSpan now)
    {
        if (_waiting.Count == 0)
        {
            _retryAt = now + retryAfter;
        }

        _waiting.Add(read);
    }
}
