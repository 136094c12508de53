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
    /// <summary>How long a key is remembered, by the timestamps of entries. The same on every node, so no setting.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromHours(24);

    /// <summary>
    /// How many expired records an entry removes at most. An entry adds at most one, so two keep up with any number, and
    /// no single entry pays for a day's worth.
    /// </summary>
    private const int RemovedPerEntry = 2;

    private readonly Statement _find;
    private readonly Statement _record;
    private readonly Statement _oldest;
    private readonly Statement _forget;

    /// <summary>The timestamp of the oldest record; null: there is none. Saves a query per entry.</summary>
    private long? _oldestTimestamp;

    public IdempotencyTable(SqliteConnection connection)
    {
        _find = new(connection, "SELECT term, idx, timestamp, fingerprint, outcome FROM idempotency WHERE owner = ?1 AND key = ?2");
        _record = new(
            connection,
            "INSERT OR REPLACE INTO idempotency (idx, term, timestamp, owner, key, fingerprint, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        _oldest = new(connection, "SELECT idx, timestamp FROM idempotency ORDER BY idx LIMIT 1");
        _forget = new(connection, "DELETE FROM idempotency WHERE idx = ?1");
        _oldestTimestamp = Oldest()?.Timestamp;
    }

    /// <summary>Removes some of what expired before this entry's time. Timestamps never fall along the log, so the oldest index is the oldest record.</summary>
    public void Forget(long now)
    {
        for (var i = 0; i < RemovedPerEntry && _oldestTimestamp is { } timestamp && IsExpired(timestamp, now); i++)
        {
            _forget.Bind(1, Oldest()!.Value.Index).Run();
            _oldestTimestamp = Oldest()?.Timestamp;
        }
    }

    /// <summary>The outcome that a key already has, as the request now made with it sees that; null: the key is free.</summary>
    public Outcome? Find(IdempotencyKey key, long now)
    {
        Outcome? outcome = null;
        if (_find.Bind(1, key.Owner).Bind(2, key.Value).Step() && !IsExpired(_find.Long(2), now))
        {
            outcome = _find.Blob(3).SequenceEqual(key.Fingerprint.Span)
                ? new Outcome.Replayed(new(new(_find.Long(0)), _find.Long(1)), OutcomeCodec.Decode(_find.Blob(4)))
                : new Outcome.KeyMismatch();
        }

        _find.Reset();
        return outcome;
    }

    /// <summary>Takes the place of an expired record of the same key that is not removed yet.</summary>
    public void Record(IdempotencyKey key, Entry entry, ReadOnlySpan<byte> outcome)
    {
        _record.Bind(1, entry.Index).Bind(2, entry.Term.Value).Bind(3, entry.Timestamp)
            .Bind(4, key.Owner).Bind(5, key.Value).Bind(6, key.Fingerprint.Span).Bind(7, outcome).Run();
        _oldestTimestamp = Oldest()!.Value.Timestamp;
    }

    public void Dispose()
    {
        foreach (var statement in (Statement[])[_find, _record, _oldest, _forget])
        {
            statement.Dispose();
        }
    }

    private (long Index, long Timestamp)? Oldest()
    {
        (long, long)? oldest = _oldest.Step() ? (_oldest.Long(0), _oldest.Long(1)) : null;
        _oldest.Reset();
        return oldest;
    }

    private static bool IsExpired(long timestamp, long now) => now - timestamp >= (long)Memory.TotalMilliseconds;
}
