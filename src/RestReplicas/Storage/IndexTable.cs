using Microsoft.Data.Sqlite;
using RestReplicas.Documents;
using RestReplicas.Documents.Lists;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>The definitions of indexes, which are replicated and in the digest. Used inside the writer's transaction.</summary>
internal sealed class IndexTable(SqliteConnection connection, RunningDigest digest, IndexContents contents) : IDisposable
{
    /// <summary>Indexes that a collection may have: every one is work for every write. The same on every node, so no setting.</summary>
    public const int Most = 16;

    private readonly Statement _find = new(
        connection, $"SELECT {IndexDefinition.Columns} FROM indexes i WHERE i.collection = ?1 AND i.name = ?2");
    private readonly Statement _count = new(connection, "SELECT count(*) FROM indexes WHERE collection = ?1");
    private readonly Statement _insert = new(
        connection, "INSERT INTO indexes (number, collection, name, path, term, updated_at, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    private readonly Statement _delete = new(connection, "DELETE FROM indexes WHERE number = ?1");

    public Outcome Make(Change change, Entry entry)
    {
        var found = Find(change.Collection, change.Id);
        switch (change)
        {
            case Change.PutIndex put when found?.Path.Text == put.Path:
                return Done(ChangeResult.Replaced, put);
            case Change.PutIndex when found is null && Count(change.Collection) >= Most:
                return new Outcome.TooManyIndexes();
            case Change.PutIndex put:
                Forget(found);
                Define(new(put.Collection, put.Id, Parse(put.Path), entry.Position, entry.Timestamp));
                return Done(found is null ? ChangeResult.Created : ChangeResult.Replaced, put);
            case Change.DeleteIndex when found is null:
                return new Outcome.NotFound(0);
            default:
                Forget(found);
                return Done(ChangeResult.Deleted, change);
        }
    }

    public void Dispose()
    {
        foreach (var statement in (Statement[])[_find, _count, _insert, _delete])
        {
            statement.Dispose();
        }
    }

    private static Outcome.Done Done(ChangeResult result, Change change) => new([result], [change.Id]);

    private static MemberPath Parse(string path) =>
        MemberPath.Parse(path, out _) ?? throw new InvariantBrokenException("an index is on a path");

    private IndexDefinition? Find(string collection, string name)
    {
        try
        {
            return _find.Bind(1, collection).Bind(2, name).Step() ? IndexDefinition.Read(_find) : null;
        }
        finally
        {
            _find.Reset();
        }
    }

    private long Count(string collection)
    {
        _count.Bind(1, collection).Step();
        var count = _count.Long(0);
        _count.Reset();
        return count;
    }

    private void Define(IndexDefinition index)
    {
        _insert.Bind(1, index.Number).Bind(2, index.Collection).Bind(3, index.Name).Bind(4, index.Path.Text)
            .Bind(5, index.Version.Term.Value).Bind(6, index.UpdatedAt).Bind(7, index.Hash).Run();
        digest.Add(DigestTable.Indexes, index.Number, index.Hash);
        contents.Begin(index.Number);
    }

    private void Forget(IndexDefinition? index)
    {
        if (index is not null)
        {
            _delete.Bind(1, index.Number).Run();
            digest.Remove(DigestTable.Indexes, index.Number, index.Hash);
            contents.Forget();
        }
    }
}
