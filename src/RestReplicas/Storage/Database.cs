using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace RestReplicas.Storage;

/// <summary>How connections to a node's file are set up.</summary>
internal static class Database
{
    /// <summary>
    /// Once, before the first connection: every connection here is used by one thread at a time, so SQLite need not lock it at
    /// every call; and nobody asks how much memory it uses, which it would count under a lock that all threads share.
    /// </summary>
    static Database()
    {
        Batteries_V2.Init();
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    /// <summary>
    /// A connection that writes: WAL, every commit synced, and no checkpoint inside a commit. A file that it makes has pages of
    /// 2 KiB: every document that is written costs a page of the WAL, and most documents are a small part of one.
    /// </summary>
    public static SqliteConnection OpenWriter(string file, bool create)
    {
        var mode = create ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite;
        return Open(file, mode, """
            PRAGMA page_size = 2048;
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA wal_autocheckpoint = 0;
            PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = -32768;
            """);
    }

    /// <summary>A connection that only reads. It opens the WAL at once, which may be gone with its generation later.</summary>
    public static SqliteConnection OpenReader(string file) => OpenAside(file, """
        PRAGMA query_only = 1;
        PRAGMA temp_store = MEMORY;
        PRAGMA schema_version;
        """);

    /// <summary>A connection that reads, and may write a copy (VACUUM INTO), which one that only queries may not.</summary>
    public static SqliteConnection OpenCopier(string file) => OpenAside(file, """
        PRAGMA temp_store = MEMORY;
        PRAGMA schema_version;
        """);

    /// <summary>A connection to a file that is thrown away if anything goes wrong: nothing is kept for a rollback, nothing synced.</summary>
    public static SqliteConnection OpenScratch(string file) => Open(file, SqliteOpenMode.ReadWrite, """
        PRAGMA journal_mode = OFF;
        PRAGMA synchronous = OFF;
        """);

    /// <summary>Not opened as read-only, for that would not take the process's lock; but it leaves the file as it is, to its end.</summary>
    private static SqliteConnection OpenAside(string file, string setup)
    {
        var connection = Open(file, SqliteOpenMode.ReadWrite, setup);
        _ = raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
        return connection;
    }

    private static SqliteConnection Open(string file, SqliteOpenMode mode, string setup)
    {
        // Not pooled by the driver: closing must close, for the last one to go folds the WAL into the file.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Name(file),
            Mode = mode,
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA busy_timeout = 5000; " + setup;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// On Unix the whole process holds the file, under one lock: so connections lock each other without system calls, and the
    /// index of the WAL is in memory, not in a mapped file that a full disk may have no block for, which would end the process.
    /// </summary>
    private static string Name(string file) => OperatingSystem.IsWindows()
        ? file
        : $"file:{Path.GetFullPath(file).Replace("%", "%25", StringComparison.Ordinal).Replace("?", "%3f", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal)}?vfs=unix-excl";
}
