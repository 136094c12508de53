using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>Reads entries from the log table. Every one is checked: a disk may forget, or lie.</summary>
internal sealed class EntryRows(SqliteConnection connection) : IDisposable
{
    private readonly Statement _range = new(
        connection,
        "SELECT idx, term, kind, timestamp, checksum, payload FROM log WHERE idx BETWEEN ?1 AND ?2 ORDER BY idx");

    /// <summary>
    /// In order; what is not there is left out. Throws <see cref="DamagedEntryException"/> at one that is not what was
    /// saved. To be read to the end or disposed: until then the statement holds its read transaction.
    /// </summary>
    public IEnumerable<Entry> Read(long first, long last)
    {
        _range.Bind(1, first).Bind(2, last);
        try
        {
            while (_range.Step())
            {
                yield return Current();
            }
        }
        finally
        {
            _range.Reset();
        }
    }

    /// <summary>Consecutive from <paramref name="first"/>: at least one if it is there, and no more bytes of payload than that.</summary>
    public List<Entry> Read(long first, long last, int maxBytes)
    {
        var entries = new List<Entry>();
        long bytes = 0;
        foreach (var entry in Read(first, last))
        {
            bytes += entry.Payload.Length;
            if (entry.Index != first + entries.Count || (entries.Count > 0 && bytes > maxBytes))
            {
                break;
            }

            entries.Add(entry);
        }

        return entries;
    }

    /// <summary>Null: it is not there, or not what was saved.</summary>
    public Entry? ReadIntact(long index)
    {
        try
        {
            return Read(index, index).SingleOrDefault();
        }
        catch (DamagedEntryException)
        {
            return null;
        }
    }

    public void Dispose() => _range.Dispose();

    private Entry Current()
    {
        var entry = new Entry(
            new(new(_range.Long(1)), _range.Long(0)),
            (EntryKind)_range.Long(2),
            _range.Long(3),
            _range.Blob(5).ToArray(),
            (uint)_range.Long(4));
        return entry.IsIntact ? entry : throw new DamagedEntryException(entry.Position);
    }
}
