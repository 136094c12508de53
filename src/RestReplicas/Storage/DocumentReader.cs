using Dapper;
using Microsoft.Data.Sqlite;
using RestReplicas.Documents;
using RestReplicas.Documents.Lists;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// Committed state, read from any thread beside the writing. Every method reads one state: what it returns was applied
/// at the position that it returns, whole, and throws <see cref="DamagedStateException"/> where that cannot be read, or is
/// not what was applied.
/// </summary>
public sealed class DocumentReader(DataDirectory directory, StorageOptions options) : IDisposable
{
    private readonly ReaderPool _pool = new(directory, options.PooledReaders);

    /// <summary>Told, on the thread that reads, the number of an index whose content is not that of the documents.</summary>
    public Action<long>? IndexDamaged { get; init; }

    public (Position Applied, StoredDocument? Document) Get(string collection, string id)
    {
        var state = directory.Cache.Current;
        if (directory.Cache.Find(state, collection, id) is { } cached)
        {
            return (state!.Position, cached);
        }

        var (applied, document) = ReadDocument(collection, id);
        if (document is not null)
        {
            directory.Cache.Add(state, applied, collection, document);
        }

        return (applied, document);
    }

    /// <summary>
    /// A page has fewer documents than its limit, but at least one, where their bodies together would exceed
    /// <see cref="StorageOptions.MaxPageBytes"/>.
    /// </summary>
    public (Position Applied, ListResult Result) List(ListQuery query, CancellationToken cancelled) => Read((connection, applied) =>
    {
        var distrusted = new HashSet<long>();
        while (true)
        {
            try
            {
                return (applied, new Listing(connection, query, distrusted, options.MaxPageBytes, cancelled).Read());
            }
            catch (DamagedIndexException e)
            {
                // The documents themselves are as they should be, so the list is had without it.
                distrusted.Add(e.Number);
                IndexDamaged?.Invoke(e.Number);
            }
        }
    });

    /// <summary>Those that hold a document or an index, in the order of their names.</summary>
    public (Position Applied, IReadOnlyList<(string Collection, long Count)> Collections) Collections() =>
        Read<(Position, IReadOnlyList<(string, long)>)>((connection, applied) => (applied, connection.Query<(string, long)>(
            """
            SELECT name, documents FROM collections
            UNION ALL SELECT DISTINCT collection, 0 FROM indexes WHERE collection NOT IN (SELECT name FROM collections) ORDER BY 1
            """).AsList()));

    /// <summary>Of a collection, in the order of their names, and how far they are here.</summary>
    public (Position Applied, IReadOnlyList<StoredIndex> Indexes) Indexes(string collection) =>
        Read<(Position, IReadOnlyList<StoredIndex>)>((connection, applied) => (applied, ReadIndexes(connection, collection)));

    public (Position Applied, PositionFate Fate) Fate(Position position) =>
        Read((connection, applied) => (applied, Judge(connection, applied, position)));

    /// <summary>For a peer whose own copy is spoilt; null: it is not applied here, not kept, or spoilt as well.</summary>
    public Entry? AppliedEntry(Position position) =>
        Fate(position).Fate is PositionFate.Committed && Use(reader => reader.Entries.ReadIntact(position.Index)) is { } entry && entry.Position == position
            ? entry
            : null;

    /// <summary>What was changed after a position: at most so many entries and bytes, but at least one entry if there is one.</summary>
    public History ReadHistory(Position since, int most, int maxBytes) => Use(reader =>
    {
        using var transaction = reader.Connection.BeginTransaction(deferred: true);
        var history = reader.History.Read(since, most, maxBytes);
        transaction.Commit();
        return history;
    });

    public void Dispose() => _pool.Dispose();

    private (Position Applied, StoredDocument? Document) ReadDocument(string collection, string id) => Use(reader =>
    {
        var row = reader.FindDocument.Bind(1, collection).Bind(2, id);
        row.Step();
        var applied = new Position(new(row.Long(0)), row.Long(1));
        var document = row.IsNull(3)
            ? null
            : new StoredDocument(id, new(new(row.Long(2)), row.Long(3)), row.Long(4), row.Blob(6).ToArray());
        var hash = row.Sum(5);
        row.Reset();
        return (applied, document is null ? null : Checked(collection, document, hash));
    });

    private static List<StoredIndex> ReadIndexes(SqliteConnection connection, string collection)
    {
        using var rows = new Statement(
            connection,
            $"""
            SELECT {IndexDefinition.Columns}, c.state, c.documents, d.documents FROM indexes i
            LEFT JOIN index_contents c USING (number) LEFT JOIN collections d ON d.name = i.collection WHERE i.collection = ?1 ORDER BY i.name
            """);
        rows.Bind(1, collection);
        var indexes = new List<StoredIndex>();
        while (rows.Step())
        {
            var index = IndexDefinition.Read(rows);
            double? progress = rows.Long(7) == (long)IndexState.Complete
                ? null
                : Math.Min(0.99, (double)rows.Long(8) / Math.Max(1, rows.Long(9)));
            indexes.Add(new(index.Name, index.Path.Text, index.Version, progress));
        }

        return indexes;
    }

    private static PositionFate Judge(SqliteConnection connection, Position applied, Position position)
    {
        var holds = connection.QuerySingleOrDefault<long>(
            "SELECT term FROM terms WHERE first <= @Index ORDER BY first DESC LIMIT 1", new { position.Index }) == position.Term.Value;
        if (position.Index <= applied.Index)
        {
            return !holds ? new PositionFate.Lost()
                : IsTrimmed(connection, position.Index) ? new PositionFate.Forgotten()
                : new PositionFate.Committed(ReadOutcome(connection, position.Index));
        }

        if (position.Term < applied.Term)
        {
            return new PositionFate.Lost(); // above what is applied, all entries are of its term or later ones
        }

        var last = connection.QuerySingle<long>("SELECT ifnull(max(idx), 0) FROM log");
        return holds && position.Index <= last ? new PositionFate.Pending() : new PositionFate.Unknown();
    }

    private static bool IsTrimmed(SqliteConnection connection, long index) =>
        index > 0 && index <= connection.QuerySingle<long>("SELECT idx FROM base");

    private static Outcome? ReadOutcome(SqliteConnection connection, long index)
    {
        var run = connection.QueryFirstOrDefault<(long Last, long First, byte[] Outcomes)>(OutcomeRun.Query + " LIMIT 1", new { index });
        var outcomes = new Dictionary<long, Outcome>();
        OutcomeRun.Read(run.First, run.Outcomes, outcomes);
        return outcomes.GetValueOrDefault(index);
    }

    /// <summary>The first query of a deferred transaction fixes the state that all of it reads.</summary>
    private T Read<T>(Func<SqliteConnection, Position, T> read) => Use(reader =>
    {
        using var transaction = reader.Connection.BeginTransaction(deferred: true);
        var (term, index) = reader.Connection.QuerySingle<(long, long)>("SELECT term, idx FROM applied");
        var result = read(reader.Connection, new(new(term), index));
        transaction.Commit();
        return result;
    });

    private T Use<T>(Func<ReadingConnection, T> read)
    {
        try
        {
            return _pool.Use(read);
        }
        catch (SqliteException e) when (Damage.Evidence(e) is { } why)
        {
            throw new DamagedStateException(why, e);
        }
    }

    private static StoredDocument Checked(string collection, StoredDocument document, UInt128 hash) =>
        hash == RowHash.OfDocument(collection, document.Id, document.Version, document.UpdatedAt, document.Body)
            ? document
            : throw Damage.Document(collection, document.Id);
}
