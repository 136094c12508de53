using Microsoft.Data.Sqlite;
using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>The documents, and how many each collection has. Used inside the writer's transaction.</summary>
internal sealed class DocumentTable(SqliteConnection connection) : IDisposable
{
    private readonly Statement _find = new(connection, "SELECT number, term, idx FROM documents WHERE collection = ?1 AND id = ?2");
    private readonly Statement _insert = new(
        connection, "INSERT INTO documents (collection, id, term, idx, updated_at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    private readonly Statement _replace = new(
        connection, "UPDATE documents SET term = ?2, idx = ?3, updated_at = ?4, body = ?5 WHERE number = ?1");
    private readonly Statement _delete = new(connection, "DELETE FROM documents WHERE number = ?1");
    private readonly Statement _count = new(
        connection,
        "INSERT INTO collections (name, documents) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET documents = documents + excluded.documents");
    private readonly Statement _forget = new(connection, "DELETE FROM collections WHERE name = ?1 AND documents = 0");
    private readonly Dictionary<string, long> _added = [];

    /// <param name="Number">The row's.</param>
    public readonly record struct Found(long Number, Position Version);

    public Found? Find(string collection, string id)
    {
        Found? found = _find.Bind(1, collection).Bind(2, id).Step()
            ? new(_find.Long(0), new(new(_find.Long(1)), _find.Long(2)))
            : null;
        _find.Reset();
        return found;
    }

    /// <param name="found">What <see cref="Find"/> says about the same document.</param>
    public ChangeResult Make(Change change, Found? found, Entry entry)
    {
        switch (change)
        {
            case Change.Put put when found is { Number: var number }:
                _replace.Bind(1, number).Bind(2, entry.Term.Value).Bind(3, entry.Index).Bind(4, entry.Timestamp)
                    .Bind(5, put.Body.Span).Run();
                return ChangeResult.Replaced;
            case Change.Put put:
                _insert.Bind(1, put.Collection).Bind(2, put.Id).Bind(3, entry.Term.Value).Bind(4, entry.Index)
                    .Bind(5, entry.Timestamp).Bind(6, put.Body.Span).Run();
                Count(put.Collection, 1);
                return ChangeResult.Created;
            case Change.Delete delete when found is { Number: var number }:
                _delete.Bind(1, number).Run();
                Count(delete.Collection, -1);
                return ChangeResult.Deleted;
            case Change.Check:
                return ChangeResult.Checked;
            default:
                throw new InvariantBrokenException("a change that was judged possible is possible");
        }
    }

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
        foreach (var statement in (Statement[])[_find, _insert, _replace, _delete, _count, _forget])
        {
            statement.Dispose();
        }
    }

    private void Count(string collection, long added) =>
        _added[collection] = _added.GetValueOrDefault(collection) + added;
}
