using Microsoft.Data.Sqlite;
using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// What became of the requests with an Idempotency-Key (protocol.md §2, invariant 9). Every decision here, forgetting
/// included, follows from the entry being applied and the state before it: so all nodes hold the same records.
/// </summary>
internal sealed class IdempotencyTable : IDisposable
{
    /// <summary>As <see cref="HashOf"/> wants them.</summary>
    public const string AllColumns = "SELECT idx, owner, key, term, timestamp, hash, fingerprint, outcome FROM idempotency";

    /// <summary>How long a key is remembered, by the timestamps of entries. The same on every node, so no setting.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromHours(24);

    /// <summary>
    /// How many keys are remembered at most; beyond that the oldest goes before its time, so that no client can fill the
    /// disks. The same on every node, so no setting.
    /// </summary>
    public const int MostRecords = 1_000_000;

    /// <summary>
    /// How many expired records an entry removes at most. An entry adds at most one, so two keep up with any number, and
    /// no single entry pays for a day's worth.
    /// </summary>
    private const int RemovedPerEntry = 2;

    private readonly RunningDigest _digest;
    private readonly int _most;
    private readonly Statement _find;
    private readonly Statement _record;
    private readonly Statement _oldest;
    private readonly Statement _forget;
    private readonly Statement _count;

    /// <summary>The timestamp of the oldest record; null: there is none. Saves a query per entry.</summary>
    private long? _oldestTimestamp;
    private long _records;
    private bool _isKnown;

    public IdempotencyTable(SqliteConnection connection, RunningDigest digest, int most = MostRecords)
    {
        (_digest, _most) = (digest, most);
        _find = new(connection, AllColumns + " WHERE owner = ?1 AND key = ?2");
        _record = new(
            connection,
            "INSERT INTO idempotency (idx, term, timestamp, hash, owner, key, fingerprint, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        _oldest = new(connection, "SELECT idx, timestamp FROM idempotency ORDER BY idx LIMIT 1");
        _forget = new(connection, "DELETE FROM idempotency WHERE idx = ?1 RETURNING hash");
        _count = new(connection, "SELECT count(*) FROM idempotency");
    }

    /// <summary>What is remembered of the table is read again when it is needed: a damaged table must not keep its log from being read.</summary>
    public void Forget() => _isKnown = false;

    /// <summary>Removes some of what expired before this entry's time. Timestamps never fall along the log, so the oldest index is the oldest record.</summary>
    public void Forget(long now)
    {
        if (!_isKnown)
        {
            _count.Step();
            _records = _count.Long(0);
            _count.Reset();
            Remember();
            _isKnown = true;
        }

        for (var i = 0; i < RemovedPerEntry && _oldestTimestamp is { } timestamp && IsExpired(timestamp, now); i++)
        {
            Remove(Oldest()!.Value.Index);
        }
    }

    /// <summary>
    /// The outcome that a key already has, as the request now made with it sees that; null: the key is free, and so is
    /// its place. Throws <see cref="DamagedStateException"/>.
    /// </summary>
    public Outcome? Find(IdempotencyKey key, long now)
    {
        if (!_find.Bind(1, key.Owner).Bind(2, key.Value).Step())
        {
            _find.Reset();
            return null;
        }

        var (index, timestamp) = (_find.Long(0), _find.Long(4));
        Outcome? outcome = HashOf(_find) != _find.Sum(5) ? null
            : _find.Blob(6).SequenceEqual(key.Fingerprint.Span)
                ? new Outcome.Replayed(new(new(_find.Long(3)), index), OutcomeCodec.Decode(_find.Blob(7)))
            : new Outcome.KeyMismatch();
        _find.Reset();
        if (outcome is null)
        {
            throw Damage.Key(index);
        }

        if (!IsExpired(timestamp, now))
        {
            return outcome;
        }

        Remove(index);
        return null;
    }

    /// <summary>Where <see cref="Find"/> has found nothing.</summary>
    public void Record(IdempotencyKey key, Entry entry, ReadOnlySpan<byte> outcome)
    {
        var hash = RowHash.OfKey(key.Owner, key.Value, entry.Position, entry.Timestamp, key.Fingerprint.Span, outcome);
        _record.Bind(1, entry.Index).Bind(2, entry.Term.Value).Bind(3, entry.Timestamp).Bind(4, hash)
            .Bind(5, key.Owner).Bind(6, key.Value).Bind(7, key.Fingerprint.Span).Bind(8, outcome).Run();
        _digest.Add(DigestTable.Keys, entry.Index, hash);
        _records++;
        if (_records > _most)
        {
            Remove(Oldest()!.Value.Index);
        }

        Remember();
    }

    /// <summary>Of a row of <see cref="AllColumns"/>.</summary>
    public static UInt128 HashOf(Statement row) => RowHash.OfKey(
        row.Text(1), row.Text(2), new(new(row.Long(3)), row.Long(0)), row.Long(4), row.Blob(6), row.Blob(7));

    public void Dispose()
    {
        foreach (var statement in (Statement[])[_find, _record, _oldest, _forget, _count])
        {
            statement.Dispose();
        }
    }

    private void Remove(long index)
    {
        _forget.Bind(1, index).Step();
        _digest.Remove(DigestTable.Keys, index, _forget.Sum(0));
        _forget.Run();
        _records--;
        Remember();
    }

    private void Remember() => _oldestTimestamp = Oldest()?.Timestamp;

    private (long Index, long Timestamp)? Oldest()
    {
        (long, long)? oldest = _oldest.Step() ? (_oldest.Long(0), _oldest.Long(1)) : null;
        _oldest.Reset();
        return oldest;
    }

    private static bool IsExpired(long timestamp, long now) => now - timestamp >= (long)Memory.TotalMilliseconds;
}
