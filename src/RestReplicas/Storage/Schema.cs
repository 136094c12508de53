using Dapper;
using Microsoft.Data.Sqlite;

namespace RestReplicas.Storage;

/// <summary>The tables of a node's file, and the signs by which a file of another kind, version or cluster is refused.</summary>
internal static class Schema
{
    public const int Version = 6;

    /// <summary>"RRep": in the header of every database that is ours (PRAGMA application_id).</summary>
    private const int ApplicationId = 0x52526570;

    // "node" holds what this disk has promised: no backup or snapshot may carry it. Beside it, what any node may be
    // given: the log after its base, and the state that the log makes. Every row of the replicated state keeps a hash of
    // itself, and "applied" their sum; outcomes stand apart from entries, so that applying does not write payloads twice.
    // Only what is in the indexes, index_contents and index_entries, is this node's own affair.
    private const string Tables = """
        CREATE TABLE node (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            cluster_name TEXT NOT NULL,
            disk BLOB NOT NULL,
            cluster BLOB,
            term INTEGER NOT NULL,
            voted_for BLOB,
            starts INTEGER NOT NULL,
            replacement INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE base (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            idx INTEGER NOT NULL,
            term INTEGER NOT NULL,
            timestamp INTEGER NOT NULL,
            configuration_idx INTEGER,
            configuration BLOB
        ) STRICT;
        CREATE TABLE log (
            idx INTEGER PRIMARY KEY,
            term INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            timestamp INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            payload BLOB NOT NULL
        ) STRICT;
        CREATE INDEX configurations ON log (idx) WHERE kind = 2;
        CREATE TABLE terms (first INTEGER PRIMARY KEY, term INTEGER NOT NULL) STRICT;
        CREATE TABLE outcomes (last INTEGER PRIMARY KEY, first INTEGER NOT NULL, outcomes BLOB NOT NULL) STRICT;
        CREATE TABLE applied (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            idx INTEGER NOT NULL,
            term INTEGER NOT NULL,
            digest BLOB NOT NULL
        ) STRICT;
        CREATE TABLE documents (
            number INTEGER PRIMARY KEY,
            collection TEXT NOT NULL,
            id TEXT NOT NULL,
            term INTEGER NOT NULL,
            idx INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            hash BLOB NOT NULL,
            body BLOB NOT NULL,
            UNIQUE (collection, id)
        ) STRICT;
        CREATE TABLE collections (name TEXT PRIMARY KEY, documents INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE idempotency (
            idx INTEGER PRIMARY KEY,
            term INTEGER NOT NULL,
            timestamp INTEGER NOT NULL,
            hash BLOB NOT NULL,
            owner TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprint BLOB NOT NULL,
            outcome BLOB NOT NULL,
            UNIQUE (owner, key)
        ) STRICT;
        CREATE TABLE indexes (
            number INTEGER PRIMARY KEY,
            collection TEXT NOT NULL,
            name TEXT NOT NULL,
            path TEXT NOT NULL,
            term INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            hash BLOB NOT NULL,
            UNIQUE (collection, name)
        ) STRICT;
        CREATE TABLE index_contents (
            number INTEGER PRIMARY KEY,
            state INTEGER NOT NULL,
            filled TEXT NOT NULL,
            documents INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE index_entries (
            number INTEGER NOT NULL,
            key BLOB NOT NULL,
            id TEXT NOT NULL,
            document INTEGER NOT NULL,
            PRIMARY KEY (number, key, id)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO base VALUES (1, 0, 0, 0, NULL, NULL);
        INSERT INTO applied VALUES (1, 0, 0, zeroblob(16));
        """;

    /// <summary>Makes a file with a disk id of its own. Synced when this returns.</summary>
    public static void Create(string file, string clusterName, bool replacement)
    {
        using var connection = Database.OpenWriter(file, create: true);
        using var transaction = connection.BeginTransaction();
        connection.Execute(Tables);
        connection.Execute(
            "INSERT INTO node VALUES (1, @clusterName, @disk, NULL, 0, NULL, 0, @replacement)",
            new { clusterName, disk = Guid.NewGuid().ToByteArray(), replacement });
        connection.Execute($"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version}");
        transaction.Commit();
    }

    /// <summary>Throws <see cref="StartupException"/> if this file is not one that this node may use.</summary>
    public static void Check(string file, string clusterName)
    {
        try
        {
            // Only read: a file that is refused is left as it is.
            using var connection = Database.OpenReader(file);
            if (new FileInfo(file).Length == 0)
            {
                throw new DamagedDiskException($"'{file}' is empty.");
            }

            CheckFormat(connection, file);
            var name = connection.QuerySingleOrDefault<string>("SELECT cluster_name FROM node")
                ?? throw new StartupException($"'{file}' is a backup, no node's database: 'recover --from' makes one of it.");
            if (name != clusterName)
            {
                throw new StartupException($"'{file}' belongs to the cluster '{name}', but Cluster:Name is '{clusterName}'.");
            }
        }
        catch (SqliteException e)
        {
            throw Damage.Evidence(e) is null
                ? new StartupException($"'{file}' cannot be read: {e.Message}", e)
                : new DamagedDiskException($"'{file}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Throws <see cref="StartupException"/> if this is not a database of ours, or of another version.</summary>
    public static void CheckFormat(SqliteConnection connection, string file)
    {
        if (connection.QuerySingle<int>("PRAGMA application_id") != ApplicationId)
        {
            throw new StartupException($"'{file}' is not a database of RestReplicas.");
        }

        var version = connection.QuerySingle<int>("PRAGMA user_version");
        if (version > Version)
        {
            throw new StartupException(
                $"'{file}' was written by a newer version of RestReplicas (format {version}; this one knows {Version}).");
        }

        if (version < Version)
        {
            throw new StartupException(
                $"'{file}' was written before the first release of RestReplicas (format {version}; this one knows {Version}).");
        }

        using var model = new SqliteConnection("Data Source=:memory:");
        model.Open();
        model.Execute(Tables);
        if (TableNames(model).Except(TableNames(connection)).FirstOrDefault() is { } missing)
        {
            throw new StartupException($"'{file}' is damaged: it has no table '{missing}'.");
        }
    }

    private static IEnumerable<string> TableNames(SqliteConnection connection) =>
        connection.Query<string>("SELECT name FROM sqlite_schema WHERE type = 'table'");
}
