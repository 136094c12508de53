using Dapper;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

// A committed entry that the disk has spoilt is written again.
public sealed partial class ReplicaStore
{
    private Entry? _intact;

    /// <summary>From any thread: of the entry at an index of the log, by what is known of its terms.</summary>
    public Position PositionAt(long index) => _readers.Use(reader => new Position(
        new(reader.Connection.QueryFirst<long>("SELECT term FROM terms WHERE first <= @index ORDER BY first DESC LIMIT 1", new { index })), index));

    /// <summary>
    /// Never waits. Puts an applied entry back in its place, if the log still has that place: index and term say which entry
    /// it was, whoever sends it (Log Matching).
    /// </summary>
    public void Mend(Entry intact)
    {
        lock (_gate)
        {
            _intact = intact;
            Monitor.Pulse(_gate);
        }
    }

    private void MendEntry()
    {
        Entry? intact;
        lock (_gate)
        {
            (intact, _intact) = (_intact, null);
        }

        if (intact is not null && intact.Index <= _applying.LastIndex)
        {
            Transact(syncs: false, () => _log.Mend(intact));
        }
    }
}
