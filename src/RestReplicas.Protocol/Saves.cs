namespace RestReplicas.Protocol;

/// <summary>
/// What has been asked of the disk, and how far the file holds the log <em>as it is in memory</em> (protocol.md §6).
/// Removing entries lowers that at once; a finished save raises it only to below the lowest index removed since that
/// save was asked for. Example: a save through 9 is under way when a conflict removes 7 and later: when it finishes,
/// the saved index is 6, although the file held 9 for a moment.
/// </summary>
internal sealed class Saves(long saved)
{
    private readonly Queue<Pending> _pending = new();
    private long _asked;

    /// <summary>Last index at which file and memory agree.</summary>
    public long SavedIndex { get; private set; } = saved;

    /// <summary>The newest ticket given out.</summary>
    public long Newest => _asked;

    /// <summary>The newest ticket that is done.</summary>
    public long Done { get; private set; }

    /// <summary>When the oldest save under way was asked for.</summary>
    public TimeSpan? OldestSince => _pending.TryPeek(out var oldest) ? oldest.AskedAt : null;

    public long Ask(long? removeFrom, long lastIndex, TimeSpan now)
    {
        if (removeFrom is { } first)
        {
            SavedIndex = Math.Min(SavedIndex, first - 1);
            foreach (var save in _pending)
            {
                save.Through = Math.Min(save.Through, first - 1);
            }
        }

        _pending.Enqueue(new(++_asked, now) { Through = lastIndex });
        return _asked;
    }

    public void Finish(long ticket)
    {
        Ensure.That(ticket <= _asked, "only saves that were asked for are done");
        while (_pending.TryPeek(out var save) && save.Ticket <= ticket)
        {
            SavedIndex = Math.Max(SavedIndex, save.Through);
            Done = save.Ticket;
            _pending.Dequeue();
        }
    }

    private sealed class Pending(long ticket, TimeSpan askedAt)
    {
        public long Ticket => ticket;

        public TimeSpan AskedAt => askedAt;

        public long Through { get; set; }
    }
}
