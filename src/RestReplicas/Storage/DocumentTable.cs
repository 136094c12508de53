using Microsoft.Data.Sqlite;
using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>The documents, and how many each collection has. Used inside the writer's transaction.</summary>
internal sealed class DocumentTable(SqliteConnection connection, RunningDigest digest, IndexContents indexes) : IDisposable
{
    private readonly RowHints _hints = new();
    private readonly Statement _find = new(
        connection, "SELECT number, term, idx, hash FROM documents WHERE collection = ?1 AND id = ?2");
    private readonly Statement _findAt = new(
        connection, "SELECT number, term, idx, hash FROM documents NOT INDEXED WHERE collection = ?1 AND id = ?2 AND number = ?3");
    private readonly Statement _body = new(connection, "SELECT updated_at, body FROM documents WHERE number = ?1");
    private readonly Statement _insert = new(
        connection,
        "INSERT INTO documents (collection, id, term, idx, updated_at, hash, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    private readonly Statement _replace = new(
        connection, "UPDATE documents SET term = ?2, idx = ?3, updated_at = ?4, hash = ?5, body = ?6 WHERE number = ?1");
    private readonly Statement _delete = new(connection, "DELETE FROM documents WHERE number = ?1");
    private readonly Statement _count = new(
        connection,
        "INSERT INTO collections (name, documents) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET documents = documents + excluded.documents");
    private readonly Statement _forget = new(connection, "DELETE FROM collections WHERE name = ?1 AND documents = 0");
    private readonly Dictionary<string, long> _added = [];

    /// <param name="Number">The row's.</param>
    public readonly record struct Found(long Number, Position Version, UInt128 Hash);

    /// <summary>
    /// The document that a change names. Throws <see cref="DamagedStateException"/> where a condition is to be judged by a row
    /// that is not what was written: what follows from it would be another outcome than the other nodes'. Without a
    /// condition nothing follows from what is in the row, so it is not read.
    /// </summary>
    public Found? Find(Change change)
    {
        var (collection, id) = (change.Collection, change.Id);
        var found = Find(collection, id);
        return found is not { } row || change.Condition is null || IsIntact(collection, id, row) ? found : throw Damage.Document(collection, id);
    }

    /// <param name="found">What <see cref="Find(Change)"/> says about the same document.</param>
    public ChangeResult Make(Change change, Found? found, Entry entry)
    {
        switch (change)
        {
            case Change.Put put when found is { } old:
                Replace(put, old, entry);
                return ChangeResult.Replaced;
            case Change.Put put:
                Insert(put, entry);
                return ChangeResult.Created;
            case Change.Delete delete when found is { } old:
                indexes.Delete(delete.Collection, delete.Id, old.Number);
                _delete.Bind(1, old.Number).Run();
                digest.Remove(DigestTable.Documents, old.Number, old.Hash);
                Count(delete.Collection, -1);
                return ChangeResult.Deleted;
            case Change.Check:
                return ChangeResult.Checked;
            default:
                throw new InvariantBrokenException("a change that was judged possible is possible");
        }
    }

    /// <summary>What was counted in a transaction that is rolled back never was.</summary>
    public void ForgetCounts() => _added.Clear();

    /// <summary>Writes the counts, once for a whole transaction. To be called before it commits.</summary>
    public void WriteCounts()
    {
        foreach (var (collection, added) in _added)
        {
            if (added != 0)
            {
                _count.Bind(1, collection).Bind(2, added).Run();
                _forget.Bind(1, collection).Run();
            }
        }

        _added.Clear();
    }

    public void Dispose()
    {
        foreach (var statement in (Statement[])[_find, _findAt, _body, _insert, _replace, _delete, _count, _forget])
        {
            statement.Dispose();
        }
    }

    private Found? Find(string collection, string id)
    {
        if (_hints.Find(collection, id) is var number and not 0
            && Read(_findAt.Bind(1, collection).Bind(2, id).Bind(3, number)) is { } hinted)
        {
            return hinted;
        }

        var found = Read(_find.Bind(1, collection).Bind(2, id));
        if (found is { } row)
        {
            _hints.Add(collection, id, row.Number);
        }

        return found;
    }

    private static Found? Read(Statement row)
    {
        Found? found = row.Step() ? new(row.Long(0), new(new(row.Long(1)), row.Long(2)), row.Sum(3)) : null;
        row.Reset();
        return found;
    }

    private bool IsIntact(string collection, string id, Found row)
    {
        _body.Bind(1, row.Number).Step();
        var hash = RowHash.OfDocument(collection, id, row.Version, _body.Long(0), _body.Blob(1));
        _body.Reset();
        return hash == row.Hash;
    }

    private void Replace(Change.Put put, Found old, Entry entry)
    {
        indexes.Replace(put.Collection, put.Id, old.Number, put.Body.Span);
        var hash = Hash(put, entry);
        _replace.Bind(1, old.Number).Bind(2, entry.Term.Value).Bind(3, entry.Index).Bind(4, entry.Timestamp).Bind(5, hash)
            .Bind(6, put.Body.Span).Run();
        digest.Remove(DigestTable.Documents, old.Number, old.Hash);
        digest.Add(DigestTable.Documents, old.Number, hash);
    }

    private void Insert(Change.Put put, Entry entry)
    {
        var hash = Hash(put, entry);
        _insert.Bind(1, put.Collection).Bind(2, put.Id).Bind(3, entry.Term.Value).Bind(4, entry.Index).Bind(5, entry.Timestamp)
            .Bind(6, hash).Bind(7, put.Body.Span).Run();
        var number = _insert.LastInserted;
        digest.Add(DigestTable.Documents, number, hash);
        _hints.Add(put.Collection, put.Id, number);
        indexes.Insert(put.Collection, put.Id, number, put.Body.Span);
        Count(put.Collection, 1);
    }

    private static UInt128 Hash(Change.Put put, Entry entry) =>
        RowHash.OfDocument(put.Collection, put.Id, entry.Position, entry.Timestamp, put.Body.Span);

    private void Count(string collection, long added) =>
        _added[collection] = _added.GetValueOrDefault(collection) + added;
}
