namespace RestReplicas.Cluster;

/// <summary>
/// What waits for the node's next turn: many writers, one reader at a time. Unbounded in itself; every writer bounds what it
/// has waiting here (client writes and reads by their budgets, peers by <see cref="ReplicationOptions.PeerQueue"/>, answers
/// by the sends under way, the store by what was asked of it).
/// </summary>
internal sealed class Inbox<T>
{
    private readonly Lock _lock = new();
    private List<T> _waiting = [];
    private bool _closed;

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count == 0;
            }
        }
    }

    /// <summary>False: nobody reads any more.</summary>
    public bool Post(T item)
    {
        lock (_lock)
        {
            if (!_closed)
            {
                _waiting.Add(item);
            }

            return !_closed;
        }
    }

    /// <summary>All that waits, oldest first. The list is the caller's until the next call, to which it gives it back, empty.</summary>
    public List<T> Take(List<T> emptied)
    {
        lock (_lock)
        {
            (emptied, _waiting) = (_waiting, emptied);
        }

        return emptied;
    }

    /// <summary>Takes nothing more; what waits still can be taken.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }
    }
}
