using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Cluster;

/// <summary>
/// Writes that wait for their answer: first queued, then in the log, by (index, term). What a client is told is decided
/// here (protocol.md §5 <em>On stepping down</em>, §6 <em>Acknowledgement</em>): never that a write happened unless it did,
/// never that it did not unless that is certain. Owned by the loop.
/// </summary>
internal sealed class PendingWrites(NodeName self, DiskId disk, Budget budget)
{
    /// <summary>This node's: it may be set aside, and another take its place.</summary>
    public DiskId Disk { get; set; } = disk;

    private readonly Queue<PendingWrite> _queued = new();
    private readonly Dictionary<long, PendingWrite> _open = [];

    /// <summary>With <c>acks=leader</c>, not known to be saved yet; by index.</summary>
    private readonly Queue<PendingWrite> _unsaved = new();

    /// <summary>With <c>acks=all</c>, applied, not known to be everywhere; by index.</summary>
    private readonly Queue<PendingWrite> _spreading = new();
    private readonly List<Pending<WriteResult>> _settled = [];
    private int _hasty;

    public int QueuedCount => _queued.Count;

    /// <summary>In the log, and not answered.</summary>
    public int OpenCount => _open.Count + _spreading.Count;

    /// <summary>Among those queued is one with <c>acks=leader</c>, whose client does not want to wait for the others.</summary>
    public bool InHaste => _hasty > 0;

    public bool IsEmpty => _queued.Count == 0 && _open.Count == 0 && _spreading.Count == 0;

    public void Queue(PendingWrite write)
    {
        _queued.Enqueue(write);
        _hasty += write.Acks == Acks.Leader ? 1 : 0;
    }

    /// <summary>The oldest queued writes, as many as fit but at least one; those whose time is over are not among them.</summary>
    public List<PendingWrite> TakeQueued(int maxBytes, TimeSpan now)
    {
        var batch = new List<PendingWrite>();
        var bytes = 0L;
        while (_queued.TryPeek(out var write))
        {
            if (now >= write.Deadline)
            {
                Settle(Dequeue(), new WriteResult.NotLeader());
                continue;
            }

            bytes += write.Payload.Length;
            if (bytes > maxBytes && batch.Count > 0)
            {
                break;
            }

            batch.Add(Dequeue());
        }

        return batch;
    }

    /// <summary>They are in the log, from this position on.</summary>
    public void Proposed(List<PendingWrite> batch, Position first)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var write = batch[i];
            write.Position = first with { Index = first.Index + i };
            _open.TryGetValue(first.Index + i, out var older);
            write.Next = older;
            _open[first.Index + i] = write;
            if (write.Acks == Acks.Leader)
            {
                _unsaved.Enqueue(write);
            }
        }
    }

    /// <summary>They are not in the log: nothing happened.</summary>
    public void NotProposed(List<PendingWrite> batch) => batch.ForEach(write => Settle(write, new WriteResult.NotLeader()));

    /// <summary>What is queued did not happen here, and will not.</summary>
    public void RefuseQueued()
    {
        while (_queued.Count > 0)
        {
            Settle(Dequeue(), new WriteResult.NotLeader());
        }
    }

    /// <summary>Step 8: an entry is applied. Every write that was to stand at its index now has a fate.</summary>
    public void Applied(AppliedEntry entry, ReplicaView view)
    {
        if (!_open.Remove(entry.Position.Index, out var write))
        {
            return;
        }

        for (PendingWrite? next; write is not null; write = next)
        {
            next = write.Next;
            write.Next = null;
            if (write.Position != entry.Position)
            {
                Settle(write, new WriteResult.Lost(write.Position!.Value));
            }
            else
            {
                Ensure.That(entry.Outcome is not null, "an applied command has an outcome");
                write.Outcome = entry.Outcome;
                OnApplied(write, CommittedCount(write, view));
            }
        }
    }

    /// <summary>Positions in the log, not applied as far as is known, up to this index.</summary>
    public IReadOnlyList<Position> OpenThrough(long index) =>
        [.. _open.Values.SelectMany(Chain).Select(write => write.Position!.Value).Where(position => position.Index <= index)];

    /// <summary>Another term's entry is applied there.</summary>
    public void Lost(Position position)
    {
        foreach (var write in _open.TryGetValue(position.Index, out var newest) ? Chain(newest).ToList() : [])
        {
            if (write.Position == position)
            {
                Close(write);
                Settle(write, new WriteResult.Lost(position));
            }
        }
    }

    /// <summary>What has come true since the last look: saves, copies everywhere, the end of leadership.</summary>
    public void Review(ReplicaView view)
    {
        while (_unsaved.TryPeek(out var write) && (write.IsSettled || !IsOurs(write, view) || view.Saved >= write.Position!.Value.Index))
        {
            _unsaved.Dequeue();
            if (!write.IsSettled && IsOurs(write, view))
            {
                Close(write);
                var count = AckCount.Of(view, self, Disk, write.Position!.Value.Index);
                Settle(write, new WriteResult.Accepted(write.Position.Value, count.Acks, count.Voters));
            }
        }

        while (_spreading.TryPeek(out var write))
        {
            var count = CommittedCount(write, view);
            if (!write.IsSettled && !count.All && view.Role == Role.Leader)
            {
                break;
            }

            _spreading.Dequeue();
            Settle(write, Committed(write, count));
        }
    }

    /// <summary>Ends what has waited for too long.</summary>
    public void Expire(ReplicaView view, TimeSpan now)
    {
        for (var left = _queued.Count; left > 0; left--)
        {
            var write = Dequeue();
            if (now >= write.Deadline)
            {
                Settle(write, new WriteResult.NotLeader());
            }
            else
            {
                Queue(write);
            }
        }

        var overdue = new List<PendingWrite>();
        foreach (var newest in _open.Values)
        {
            for (var write = newest; write is not null; write = write.Next)
            {
                if (now >= write.Deadline)
                {
                    overdue.Add(write);
                }
            }
        }

        foreach (var write in overdue)
        {
            Close(write);
            Settle(write, new WriteResult.Unknown(write.Position));
        }

        foreach (var write in _spreading.Where(w => now >= w.Deadline))
        {
            Settle(write, Committed(write, CommittedCount(write, view)));
        }
    }

    /// <summary>The node stops: nothing more will be learnt here.</summary>
    public void End(ReplicaView view)
    {
        RefuseQueued();
        Expire(view, TimeSpan.MaxValue);
        Tell();
    }

    /// <summary>The clients learn what was settled; after the status that it rests on was published.</summary>
    public void Tell() => PendingWrite.Tell(_settled);

    /// <summary>All writes that were to stand at one index.</summary>
    private static IEnumerable<PendingWrite> Chain(PendingWrite newest)
    {
        for (var write = newest; write is not null; write = write.Next)
        {
            yield return write;
        }
    }

    private static bool IsOurs(PendingWrite write, ReplicaView view) =>
        view.Role == Role.Leader && view.Term == write.Position!.Value.Term;

    private static WriteResult Committed(PendingWrite write, AckCount count) =>
        write.Acks == Acks.All && !count.All
            ? new WriteResult.AcksIncomplete(write.Position!.Value, write.Outcome!, count.Acks, count.Voters)
            : new WriteResult.Applied(write.Position!.Value, write.Outcome!, count.Acks, count.Voters);

    private AckCount CommittedCount(PendingWrite write, ReplicaView view) =>
        AckCount.OfCommitted(view, self, Disk, write.Position!.Value.Index);

    private void OnApplied(PendingWrite write, AckCount count)
    {
        if (write.Acks == Acks.Leader)
        {
            Settle(write, new WriteResult.Accepted(write.Position!.Value, count.Acks, count.Voters));
        }
        else if (write.Acks == Acks.All && !count.All)
        {
            _spreading.Enqueue(write);
        }
        else
        {
            Settle(write, Committed(write, count));
        }
    }

    private PendingWrite Dequeue()
    {
        var write = _queued.Dequeue();
        _hasty -= write.Acks == Acks.Leader ? 1 : 0;
        return write;
    }

    /// <summary>Takes it out of the writes at its index.</summary>
    private void Close(PendingWrite write)
    {
        var index = write.Position!.Value.Index;
        var newest = _open[index];
        if (newest != write)
        {
            while (newest.Next != write)
            {
                newest = newest.Next!;
            }

            newest.Next = write.Next;
        }
        else if (write.Next is { } older)
        {
            _open[index] = older;
        }
        else
        {
            _open.Remove(index);
        }
    }

    private void Settle(PendingWrite write, WriteResult result)
    {
        if (!write.IsSettled)
        {
            write.Result = result;
            budget.Return(write.Payload.Length);
            _settled.Add(write);
        }
    }
}
