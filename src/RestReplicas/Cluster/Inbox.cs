namespace RestReplicas.Cluster;

/// <summary>
/// What waits for the loop: many writers, one reader. Unbounded in itself; every writer bounds what it has waiting here
/// (client writes and reads by their budgets, peers by <see cref="ReplicationOptions.PeerQueue"/>, answers by the sends
/// under way, the store by what was asked of it).
/// </summary>
internal sealed class Inbox<T>
{
    private readonly object _lock = new();
    private List<T> _waiting = [];
    private bool _closed;

    /// <summary>False: nobody reads any more.</summary>
    public bool Post(T item)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            _waiting.Add(item);
            if (_waiting.Count == 1)
            {
                Monitor.Pulse(_lock);
            }

            return true;
        }
    }

    /// <summary>
    /// All that waits, oldest first; nothing, if nothing has come after <paramref name="patience"/>. The list is the
    /// caller's until the next call, to which it gives it back, empty.
    /// </summary>
    public List<T> Take(List<T> emptied, TimeSpan patience)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 && patience > TimeSpan.Zero)
            {
                Monitor.Wait(_lock, patience);
            }

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
