using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// Entries that are saved and not applied yet, so that they need not be read back; those that do not fit are. The
/// writer's own.
/// </summary>
internal sealed class UnappliedEntries(long maxBytes)
{
    private readonly Dictionary<long, Entry> _entries = [];
    private long _bytes;

    public void Add(Entry entry)
    {
        if (_bytes + Cost(entry) <= maxBytes)
        {
            _entries.Add(entry.Index, entry);
            _bytes += Cost(entry);
        }
    }

    public Entry? Find(long index) => _entries.GetValueOrDefault(index);

    public void Remove(long index)
    {
        if (_entries.Remove(index, out var entry))
        {
            _bytes -= Cost(entry);
        }
    }

    /// <summary>Those after this index were not saved after all.</summary>
    public void RemoveAfter(long index)
    {
        foreach (var after in _entries.Keys.Where(i => i > index).ToList())
        {
            Remove(after);
        }
    }

    /// <summary>An entry without payload is not free.</summary>
    private static int Cost(Entry entry) => entry.Payload.Length + 128;
}
