using RestReplicas.Documents;

namespace RestReplicas.Cluster;

/// <summary>
/// Writes that have come and are in no turn yet: a turn that would have nothing to propose is not worth a thread's waking. Many
/// writers, one reader at a time.
/// </summary>
/// <param name="budget">From which each took its place before it came.</param>
internal sealed class Arrivals(Budget budget)
{
    private readonly Inbox<PendingWrite> _waiting = new();
    private volatile int _turnFrom;
    private volatile bool _inHaste;

    /// <summary>With fewer writes than this, counting those in the log that are not answered, a turn has nothing to propose.</summary>
    public int TurnFrom
    {
        get => _turnFrom;
        set => _turnFrom = value;
    }

    /// <summary>To be asked when a turn is over: what came meanwhile relied on it.</summary>
    public bool AreDue => (budget.Taken >= _turnFrom || _inHaste) && !_waiting.IsEmpty;

    /// <summary>False: nobody reads any more.</summary>
    public bool Post(PendingWrite write)
    {
        var posted = _waiting.Post(write);
        if (write.Acks == Acks.Leader)
        {
            // Its client does not want to wait for the others.
            _inHaste = true;
        }

        return posted;
    }

    /// <summary>As <see cref="Inbox{T}.Take"/>.</summary>
    public List<PendingWrite> Take(List<PendingWrite> emptied)
    {
        _inHaste = false; // before, not after: whoever comes between is taken, and costs a turn at most
        return _waiting.Take(emptied);
    }

    public void Close() => _waiting.Close();
}
