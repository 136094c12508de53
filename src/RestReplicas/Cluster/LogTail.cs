using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>
/// The end of the log in memory: everything that is not saved yet, and as much before it as fits. Batches for followers
/// that are nearly up to date come from here. The loop writes; the tasks that send read.
/// </summary>
internal sealed class LogTail(int maxBytes, long lastIndex)
{
    /// <summary>What an entry costs beside its payload, about.</summary>
    private const int Overhead = 96;

    private readonly Lock _lock = new();
    private readonly Queue<(long Ticket, long Through)> _saving = new();
    private Entry[] _ring = new Entry[64];
    private long _first = lastIndex + 1;
    private long _next = lastIndex + 1;
    private long _saved = lastIndex;
    private long _bytes;
    private int _era;

    /// <summary>
    /// Counts removals. Entries that were read belong to the log as it was in that era only if the era is still the
    /// same afterwards: a deposed leader must not send its successor's entries in its own old term.
    /// </summary>
    public int Era => Volatile.Read(ref _era);

    /// <summary>The first index that is here; everything before it is in the file.</summary>
    public long First
    {
        get
        {
            lock (_lock)
            {
                return _first;
            }
        }
    }

    public void Take(Save save)
    {
        lock (_lock)
        {
            if (save.RemoveFrom is { } index)
            {
                RemoveFrom(index);
            }

            foreach (var entry in save.Entries)
            {
                Append(entry);
            }

            _saving.Enqueue((save.Ticket, _next - 1));
            Forget();
        }
    }

    public void Saved(long ticket)
    {
        lock (_lock)
        {
            while (_saving.TryPeek(out var save) && save.Ticket <= ticket)
            {
                _saved = Math.Max(_saved, Math.Min(save.Through, _next - 1));
                _saving.Dequeue();
            }

            Forget();
        }
    }

    /// <summary>
    /// From <paramref name="first"/> through <paramref name="last"/>, as many as fit but at least one; none if the
    /// first is not here.
    /// </summary>
    public IReadOnlyList<Entry> Read(long first, long last, int maxBytes)
    {
        lock (_lock)
        {
            var entries = new List<Entry>();
            if (first < _first)
            {
                return entries;
            }

            var bytes = 0L;
            for (var index = first; index <= last && index < _next; index++)
            {
                var entry = _ring[Slot(index)];
                bytes += entry.Payload.Length;
                if (bytes > maxBytes && entries.Count > 0)
                {
                    break;
                }

                entries.Add(entry);
            }

            return entries;
        }
    }

    private void Append(Entry entry)
    {
        Ensure.That(entry.Index == _next, "the tail has no gaps");
        if (_next - _first == _ring.Length)
        {
            var larger = new Entry[_ring.Length * 2];
            for (var index = _first; index < _next; index++)
            {
                larger[index % larger.Length] = _ring[Slot(index)];
            }

            _ring = larger;
        }

        _ring[Slot(entry.Index)] = entry;
        _next++;
        _bytes += entry.Payload.Length + Overhead;
    }

    /// <summary>A save under way may finish later, but what it saved of the removed entries is no longer part of the log.</summary>
    private void RemoveFrom(long index)
    {
        _era++;
        _saved = Math.Min(_saved, index - 1);
        for (var left = _saving.Count; left > 0; left--)
        {
            var (ticket, through) = _saving.Dequeue();
            _saving.Enqueue((ticket, Math.Min(through, index - 1)));
        }

        while (_next > index && _next > _first)
        {
            Drop(--_next);
        }

        if (_next > index)
        {
            _first = _next = index;
        }
    }

    private void Forget()
    {
        while (_bytes > maxBytes && _first <= _saved && _first < _next)
        {
            Drop(_first++);
        }
    }

    private void Drop(long index)
    {
        _bytes -= _ring[Slot(index)].Payload.Length + Overhead;
        _ring[Slot(index)] = null!;
    }

    private long Slot(long index) => index % _ring.Length;
}
