using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

/// <summary>
/// One reading of all rows, table after table, by row number, with the sum of their hashes. The sum is that of the rows
/// up to the last one read, as they are in the state that was read last.
/// </summary>
internal sealed class StatePass : IDisposable
{
    /// <summary>About as many bytes as a row's other columns.</summary>
    private const int RowOverhead = 256;

    private readonly SqliteConnection _connection;
    private readonly Statement _begin;
    private readonly Statement _end;
    private readonly Statement _applied;
    private readonly Statement _documents;
    private readonly Statement _byName;
    private readonly Statement _keys;
    private readonly Statement _indexes;
    private (DigestTable Table, long Row) _last;
    private UInt128 _sum;

    public StatePass(SqliteConnection connection)
    {
        _connection = connection;
        _begin = new(connection, "BEGIN");
        _end = new(connection, "COMMIT");
        _applied = new(connection, "SELECT idx, digest FROM applied");
        _documents = new(
            connection, "SELECT number, collection, id, term, idx, updated_at, hash, body FROM documents WHERE number > ?1 ORDER BY number");
        _byName = new(connection, "SELECT number FROM documents WHERE collection = ?1 AND id = ?2");
        _keys = new(connection, IdempotencyTable.AllColumns + " WHERE idx > ?1 ORDER BY idx");
        _indexes = new(connection, $"SELECT {IndexDefinition.Columns} FROM indexes i WHERE i.number > ?1 ORDER BY i.number");
        Reset();
    }

    public bool IsDone { get; private set; }

    /// <summary>Is shown every document; null: nobody is.</summary>
    public IndexCheck? Indexes { get; init; }

    /// <summary>
    /// Reads on, by about so many bytes, and returns how many it were. Throws <see cref="DamagedStateException"/> where
    /// something is not as it should be.
    /// </summary>
    /// <param name="differences">What entries up to an index have changed since this was asked last; null: that is not known.</param>
    public long Advance(long bytes, Func<long, List<StateCheck.Difference>?> differences)
    {
        _begin.Run();
        try
        {
            var read = ReadOn(bytes, differences);
            _end.Run();
            return read;
        }
        catch
        {
            _ = sqlite3_exec(_connection.Handle, "ROLLBACK");
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var statement in (Statement[])[_begin, _end, _applied, _documents, _byName, _keys, _indexes])
        {
            statement.Dispose();
        }
    }

    private long ReadOn(long bytes, Func<long, List<StateCheck.Difference>?> differences)
    {
        _applied.Step();
        var (index, digest) = (_applied.Long(0), _applied.Sum(1));
        _applied.Reset();
        long read = 0;
        if (differences(index) is not { } changes)
        {
            Reset();
        }
        else if (!IsDone)
        {
            // Of rows that were not read yet, this state is what will be read.
            foreach (var change in changes.Where(c => (c.Table, c.Row).CompareTo(_last) <= 0))
            {
                _sum += change.Hash;
            }

            Indexes?.Begin();
            read = Read(bytes);
            if (IsDone && _sum != digest)
            {
                throw new DamagedStateException($"The hashes of all rows do not add up to the digest of the state at index {index}.");
            }
        }

        return read;
    }

    private void Reset() => (_last, _sum) = ((DigestTable.Documents, long.MinValue), UInt128.Zero);

    private long Read(long bytes)
    {
        long read = 0;
        while (!IsDone && read < bytes)
        {
            var (table, row) = _last;
            var (statement, readRow) = table switch
            {
                DigestTable.Documents => (_documents, (Func<long>)ReadDocument),
                DigestTable.Keys => (_keys, ReadKey),
                _ => (_indexes, ReadIndex),
            };
            statement.Bind(1, row);
            while (read < bytes && statement.Step())
            {
                read += readRow();
                _last = (table, statement.Long(0));
            }

            statement.Reset();
            if (read < bytes)
            {
                // From here on, whatever is inserted into this table is behind.
                IsDone = table == DigestTable.Indexes;
                _last = IsDone ? (table, long.MaxValue) : (table + 1, long.MinValue);
            }
        }

        return read;
    }

    private long ReadDocument()
    {
        var (collection, id) = (_documents.Text(1), _documents.Text(2));
        var body = _documents.Blob(7);
        var hash = RowHash.OfDocument(collection, id, new(new(_documents.Long(3)), _documents.Long(4)), _documents.Long(5), body);
        if (hash != _documents.Sum(6))
        {
            throw Damage.Document(collection, id);
        }

        // Readers find a document by its name, through the index.
        var found = _byName.Bind(1, collection).Bind(2, id).Step() && _byName.Long(0) == _documents.Long(0);
        _byName.Reset();
        if (!found)
        {
            throw new DamagedStateException($"The document {collection}/{id} is not found by its name.");
        }

        Indexes?.Check(collection, id, _documents.Long(0), body);
        _sum += hash;
        return body.Length + RowOverhead;
    }

    private long ReadKey()
    {
        var hash = IdempotencyTable.HashOf(_keys);
        if (hash != _keys.Sum(5))
        {
            throw Damage.Key(_keys.Long(0));
        }

        _sum += hash;
        return _keys.Blob(7).Length + RowOverhead;
    }

    private long ReadIndex()
    {
        _sum += IndexDefinition.Read(_indexes).Hash;
        return RowOverhead;
    }
}
