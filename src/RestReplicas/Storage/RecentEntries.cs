using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// The end of the log, in memory: all that is not saved yet, and as much of what is saved as fits. So an entry is
/// neither read back to be applied, nor to be sent to a follower that keeps up. From any thread.
/// </summary>
internal sealed class RecentEntries(long last, long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, (Entry Entry, long Save)> _entries = [];
    private long _first = last + 1;
    private long _last = last;
    private long _saves;
    private long _bytes;

    /// <summary>From here on the file is not to be asked: it may be about to change.</summary>
    public long First
    {
        get
        {
            lock (_gate)
            {
                return _first;
            }
        }
    }

    public void Add(Save save)
    {
        lock (_gate)
        {
            _saves++;
            if (save.RemoveFrom is { } from)
            {
                RemoveFrom(from);
            }

            foreach (var entry in save.Entries)
            {
                Ensure.That(entry.Index == _last + 1, "entries are appended without gaps");
                _entries.Add(++_last, (entry, _saves));
                _bytes += Cost(entry);
            }
        }
    }

    /// <summary>
    /// The first so many saves are done, so the oldest of their entries may be forgotten. Counted in saves, not by index:
    /// a save still queued may have put another entry at an index that is in the file.
    /// </summary>
    public void Saved(long saves)
    {
        lock (_gate)
        {
            while (_bytes > maxBytes && _entries.TryGetValue(_first, out var oldest) && oldest.Save <= saves)
            {
                _entries.Remove(_first++);
                _bytes -= Cost(oldest.Entry);
            }
        }
    }

    public Entry? Find(long index)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(index).Entry;
        }
    }

    /// <summary>Consecutive from <paramref name="first"/>, as many as fit, but at least one; none if the first is not here.</summary>
    public List<Entry> Read(long first, long last, int maxBytes)
    {
        var entries = new List<Entry>();
        long bytes = 0;
        lock (_gate)
        {
            while (first + entries.Count <= last && _entries.TryGetValue(first + entries.Count, out var held))
            {
                bytes += held.Entry.Payload.Length;
                if (entries.Count > 0 && bytes > maxBytes)
                {
                    break;
                }

                entries.Add(held.Entry);
            }
        }

        return entries;
    }

    private void RemoveFrom(long index)
    {
        for (; _last >= index; _last--)
        {
            if (_entries.Remove(_last, out var removed))
            {
                _bytes -= Cost(removed.Entry);
            }
        }

        _first = Math.Min(_first, index);
    }

    /// <summary>An entry without payload is not free.</summary>
    private static int Cost(Entry entry) => entry.Payload.Length + 128;
}
