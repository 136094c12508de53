using Microsoft.Data.Sqlite;
using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>Reads what was changed out of the log: entries, and what came of them. To be used inside a transaction.</summary>
internal sealed class HistoryRows(SqliteConnection connection, EntryRows entries) : IDisposable
{
    private readonly Statement _ends = new(connection, """
        SELECT a.idx, a.term, b.idx, b.term, ifnull((SELECT term FROM terms WHERE first <= ?1 ORDER BY first DESC LIMIT 1), 0)
        FROM applied a, base b
        """);

    private readonly Statement _outcomes = new(connection, OutcomeRun.Query);

    /// <summary>
    /// At most so many entries and bytes of payload, but at least one entry if there is one. Throws
    /// <see cref="DamagedEntryException"/> or <see cref="DamagedStateException"/> where the file does not hold what it should.
    /// </summary>
    public History Read(Position since, int most, int maxBytes)
    {
        _ends.Bind(1, since.Index).Step();
        var applied = new Position(new(_ends.Long(1)), _ends.Long(0));
        var oldest = new Position(new(_ends.Long(3)), _ends.Long(2));
        var there = new Term(_ends.Long(4));
        _ends.Reset();

        // Terms never fall along a log: above what is applied there will be none that is older.
        var isAhead = since.Index > applied.Index;
        if (isAhead ? since.Term < applied.Term : since.Term != there)
        {
            return new History.Foreign(applied);
        }

        return isAhead ? new History.Ahead(applied)
            : since.Index < oldest.Index ? new History.Gone(applied, oldest)
            : Read(since, applied, Math.Min(applied.Index, since.Index + most), maxBytes);
    }

    public void Dispose()
    {
        _ends.Dispose();
        _outcomes.Dispose();
    }

    private History.Held Read(Position since, Position applied, long last, int maxBytes)
    {
        var read = entries.Read(since.Index + 1, last, maxBytes);
        if (read.Count == 0)
        {
            return since.Index == applied.Index
                ? new(applied, [], since)
                : throw new DamagedEntryException(since with { Index = since.Index + 1 });
        }

        var outcomes = ReadOutcomes(read[0].Index, read[^1].Index);
        var changes = new List<Committed>();
        foreach (var entry in read.Where(entry => entry.Kind == EntryKind.Command))
        {
            if (!outcomes.TryGetValue(entry.Index, out var outcome))
            {
                throw new DamagedStateException($"It is not known what came of the entry at {entry.Position}.");
            }

            if (outcome is Outcome.Done done && Changes(entry, done) is { Count: > 0 } made)
            {
                changes.Add(new(entry.Position, entry.Timestamp, made));
            }
        }

        return new(applied, changes, read[^1].Position);
    }

    private Dictionary<long, Outcome> ReadOutcomes(long first, long last)
    {
        var outcomes = new Dictionary<long, Outcome>();
        _outcomes.Bind(1, first);
        while (_outcomes.Step() && _outcomes.Long(1) <= last)
        {
            OutcomeRun.Read(_outcomes.Long(1), _outcomes.Blob(2), outcomes);
        }

        _outcomes.Reset();
        return outcomes;
    }

    private static List<CommittedChange> Changes(Entry entry, Outcome.Done done)
    {
        var made = new List<CommittedChange>();
        var changes = CommandCodec.Decode(entry.Payload).Changes;
        for (var i = 0; i < changes.Count; i++)
        {
            if (changes[i] is Change.Put or Change.Delete)
            {
                made.Add(new(changes[i].Collection, changes[i].Id, done.Results[i], changes[i] is Change.Put put ? put.Body : default));
            }
        }

        return made;
    }
}
