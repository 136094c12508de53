using Dapper;
using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>Takes the rows of a damaged state as they are, where an operator says that nothing better is left.</summary>
internal static class Rehashing
{
    /// <summary>
    /// A record of a key that is damaged goes: a wrong outcome is worse than none. Indexes are filled anew.
    /// </summary>
    public static void Accept(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction();
        foreach (var row in connection.Query<Row>("SELECT number, collection, id, term, idx, updated_at AS UpdatedAt FROM documents").AsList())
        {
            var body = connection.QuerySingle<byte[]>("SELECT body FROM documents WHERE number = @Number", row);
            using var update = new Statement(connection, "UPDATE documents SET hash = ?2 WHERE number = ?1");
            update.Bind(1, row.Number).Bind(2, RowHash.OfDocument(row.Collection, row.Id, new(new(row.Term), row.Idx), row.UpdatedAt, body)).Run();
        }

        foreach (var index in DamagedKeys(connection))
        {
            connection.Execute("DELETE FROM idempotency WHERE idx = @index", new { index });
        }

        foreach (var (number, collection, name, path, term, updatedAt) in connection
            .Query<(long, string, string, string, long, long)>("SELECT number, collection, name, path, term, updated_at FROM indexes").AsList())
        {
            using var update = new Statement(connection, "UPDATE indexes SET hash = ?2 WHERE number = ?1");
            update.Bind(1, number).Bind(2, RowHash.OfIndex(collection, name, path, new(new(term), number), updatedAt)).Run();
        }

        connection.Execute($"UPDATE index_contents SET state = {(int)IndexState.Clearing}");
        using var reindex = new Statement(connection, "REINDEX");
        reindex.Run();
        using var write = new Statement(connection, "UPDATE applied SET digest = ?1");
        write.Bind(1, Sum(connection)).Run();
        transaction.Commit();
    }

    private static List<long> DamagedKeys(SqliteConnection connection)
    {
        using var rows = new Statement(connection, IdempotencyTable.AllColumns + " ORDER BY idx");
        var damaged = new List<long>();
        while (rows.Step())
        {
            if (IdempotencyTable.HashOf(rows) != rows.Sum(5))
            {
                damaged.Add(rows.Long(0));
            }
        }

        return damaged;
    }

    private static UInt128 Sum(SqliteConnection connection)
    {
        using var hashes = new Statement(connection, "SELECT hash FROM documents UNION ALL SELECT hash FROM idempotency UNION ALL SELECT hash FROM indexes");
        var sum = UInt128.Zero;
        while (hashes.Step())
        {
            sum += hashes.Sum(0);
        }

        return sum;
    }

    private sealed record Row(long Number, string Collection, string Id, long Term, long Idx, long UpdatedAt);
}
