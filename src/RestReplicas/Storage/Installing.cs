using Dapper;
using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

/// <summary>Makes a node's database of another file, before it counts.</summary>
internal static partial class Installing
{
    /// <summary>
    /// Commands of the database that a snapshot does not contain go to <paramref name="directory"/>. Returns how many; a
    /// failure here deposes nobody.
    /// </summary>
    public static long KeepRolledBack(string database, string directory, SnapshotContent content, ILogger log)
    {
        try
        {
            using var connection = Database.OpenReader(database);
            using var rows = new EntryRows(connection);
            var applied = connection.QuerySingle<long>("SELECT idx FROM applied");
            return Storage.RolledBack.Write(
                directory, rows.Read(applied + 1, long.MaxValue).Where(entry => !content.Log.Contains(entry.Position)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or SqliteException)
        {
            LogNotKept(log, e);
            return 0;
        }
    }

    /// <summary>
    /// Makes the snapshot in <paramref name="database"/> the database of the disk whose promises <paramref name="old"/>
    /// holds. Synced when this returns.
    /// </summary>
    public static void Complete(string database, string old, SnapshotContent content, HardState hard, bool keepsLog)
    {
        using (var connection = Database.OpenWriter(database, create: false))
        {
            using var attach = new Statement(connection, "ATTACH ?1 AS old");
            attach.Bind(1, old).Run();
            CheckCluster(connection, content);
            using (var transaction = connection.BeginTransaction())
            {
                Promise(connection, content, hard);
                if (keepsLog)
                {
                    KeepLog(connection, content.At);
                }

                transaction.Commit();
            }

            connection.Execute("DETACH old");
            Loading.Read(connection);
            Settle(connection);
        }

        SnapshotFile.Sync(database);
    }

    /// <summary>
    /// A copy of all that a database held, which must be sound before it counts. Synced when this returns. Returns why its
    /// state is not to be trusted, or null.
    /// </summary>
    public static string? CheckRebuilt(string database, string clusterName)
    {
        using (var connection = Database.OpenWriter(database, create: false))
        {
            SnapshotFile.CheckPages(connection);
            Loading.Read(connection);
            Settle(connection);
        }

        Schema.Check(database, clusterName);
        SnapshotFile.Sync(database);
        try
        {
            using var connection = Database.OpenReader(database);
            SnapshotFile.CheckRows(connection);
            return null;
        }
        catch (DamagedStateException e)
        {
            return e.Message;
        }
    }

    private static void CheckCluster(SqliteConnection connection, SnapshotContent content)
    {
        var own = connection.QuerySingle<byte[]?>("SELECT cluster FROM old.node");
        if (own is not null && content.Cluster is { } theirs && new Guid(own) != theirs.Value)
        {
            throw new InvalidDataException("The snapshot is another cluster's.");
        }
    }

    private static void Promise(SqliteConnection connection, SnapshotContent content, HardState hard)
    {
        connection.Execute("INSERT INTO main.node SELECT * FROM old.node");
        var done = connection.Execute(
            "UPDATE main.node SET term = @Term, voted_for = @VotedFor, cluster = ifnull(cluster, @Cluster) WHERE term <= @Term",
            new
            {
                Term = hard.Term.Value,
                VotedFor = hard.VotedFor?.Value.ToByteArray(),
                Cluster = content.Cluster?.Value.ToByteArray(),
            });
        Ensure.That(done == 1, "a term never goes back on a disk (invariant 4)");
    }

    /// <summary>The entries after the snapshot's position, byte by byte: <see cref="Loading"/> then checks each one, for none is applied.</summary>
    private static void KeepLog(SqliteConnection connection, Position at)
    {
        var here = connection.QuerySingleOrDefault<long>("SELECT term FROM old.terms WHERE first <= @Index ORDER BY first DESC LIMIT 1", at);
        var last = connection.QuerySingle<long>("SELECT ifnull((SELECT max(idx) FROM old.log), (SELECT idx FROM old.base))");
        Ensure.That(here == at.Term.Value && last >= at.Index, "the log that stays holds the snapshot's position");
        connection.Execute("INSERT INTO main.log SELECT * FROM old.log WHERE idx > @Index", at);
        connection.Execute("INSERT INTO main.terms SELECT * FROM old.terms WHERE first > @Index", at);
    }

    /// <summary>No WAL is left beside the file.</summary>
    public static void Settle(SqliteConnection connection)
    {
        if (!Checkpoints.Checkpoint(connection, SQLITE_CHECKPOINT_TRUNCATE, out _))
        {
            throw new IOException($"'{connection.DataSource}' is being read by something that does not let go.");
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What the snapshot does not contain could not be written to rolled-back/.")]
    private static partial void LogNotKept(ILogger logger, Exception exception);
}
