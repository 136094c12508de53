using System.Security.Cryptography;
using Dapper;
using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

/// <summary>What a snapshot says of itself, once it has been checked.</summary>
/// <param name="Cluster">Null: it holds no configuration.</param>
internal sealed record SnapshotContent(LogShape Log, ClusterId? Cluster, Digest Digest)
{
    /// <summary>Everything in the log is applied, and nothing else.</summary>
    public Position At => Log.Last;
}

/// <summary>
/// Committed state as a file that any node may be given: a database without <c>node</c>, whose log ends at what is applied.
/// </summary>
internal static class SnapshotFile
{
    /// <summary>About a millisecond's work.</summary>
    private const int StepsBetweenChecks = 10_000;

    private const int ChunkBytes = 1 << 20;

    /// <summary>
    /// One state of a database, without the room that it does not use, beside the writing. It is not synced.
    /// <paramref name="check"/> is called now and then; what it throws ends the copying.
    /// </summary>
    public static void Copy(SqliteConnection connection, string into, Action check)
    {
        Exception? refusal = null;
        sqlite3_progress_handler(
            connection.Handle,
            StepsBetweenChecks,
            _ =>
            {
                try
                {
                    check();
                    return 0;
                }
                catch (Exception e)
                {
                    refusal = e;
                    return 1;
                }
            },
            null);
        try
        {
            using var copy = new Statement(connection, "VACUUM INTO ?1");
            copy.Bind(1, into).Run();
        }
        catch (SqliteException) when (refusal is not null)
        {
            throw refusal;
        }
    }

    /// <summary>Makes a snapshot of a copy: takes out what only this disk promised, and the log that is not applied.</summary>
    public static void Strip(string file)
    {
        // Nobody else has the file, and if this fails it is thrown away: so no journal. What goes is overwritten.
        using var connection = Database.OpenScratch(file);
        connection.Execute("""
            PRAGMA secure_delete = ON;
            BEGIN;
            DELETE FROM node;
            DELETE FROM log WHERE idx > (SELECT idx FROM applied);
            DELETE FROM outcomes WHERE last > (SELECT idx FROM applied);
            DELETE FROM terms WHERE first > (SELECT idx FROM applied);
            COMMIT;
            """);
    }

    /// <summary>
    /// Reads all of it. Throws <see cref="InvalidDataException"/> if it is not a sound snapshot, or not the one that it
    /// should be.
    /// </summary>
    public static SnapshotContent Check(string file, Snapshot? expected = null)
    {
        try
        {
            Sound(expected is null || new FileInfo(file).Length == expected.Bytes, "its length is another");
            using var connection = Database.OpenCopier(file);
            Schema.CheckFormat(connection, file);
            Sound(connection.QuerySingle<long>("SELECT count(*) FROM node") == 0, "it carries a disk's promises");
            var content = ReadContent(connection);
            Sound(expected is null || content.At == expected.At, "its position is another");
            Sound(expected is null || content.Digest == expected.Digest, "its digest is another");
            return content;
        }
        catch (Exception e) when (e is SqliteException or StartupException or DamagedStateException or DamagedEntryException or FileNotFoundException)
        {
            throw new InvalidDataException($"'{file}' is no snapshot: {e.Message}", e);
        }
    }

    /// <summary>The pages, and how they hang together.</summary>
    public static void CheckPages(SqliteConnection connection)
    {
        var verdict = connection.QueryFirst<string>("PRAGMA quick_check(1)");
        Sound(verdict == "ok", verdict);
    }

    /// <summary>Against their hashes, and these against the digest. Throws <see cref="DamagedStateException"/>.</summary>
    public static void CheckRows(SqliteConnection connection)
    {
        using var pass = new StatePass(connection);
        while (!pass.IsDone)
        {
            pass.Advance(long.MaxValue, _ => []);
        }
    }

    /// <summary>SHA-256, lower-case hexadecimal.</summary>
    public static string Checksum(string file, CancellationToken cancellation)
    {
        using var stream = File.OpenRead(file);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunk = new byte[ChunkBytes];
        for (int read; (read = stream.Read(chunk)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(chunk.AsSpan(0, read));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static void Sync(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Flush(flushToDisk: true);
    }

    private static SnapshotContent ReadContent(SqliteConnection connection)
    {
        CheckPages(connection);
        var log = Loading.ReadLog(connection);
        Sound(log.Shape.Last == log.Applied, "its log does not end at what is applied");
        CheckEntries(connection, log.Shape);
        CheckRows(connection);
        return new(log.Shape, log.Configurations.Count == 0 ? null : log.Configurations[^1].Configuration.Cluster, log.Digest);
    }

    private static void CheckEntries(SqliteConnection connection, LogShape shape)
    {
        var index = shape.Base;
        using var rows = new EntryRows(connection);
        foreach (var entry in rows.Read(index + 1, shape.LastIndex))
        {
            index++;
            Sound(entry.Index == index && shape.Contains(entry.Position), $"the entry at index {index} is missing, or another's");
        }

        Sound(index == shape.LastIndex, $"the entry at index {index + 1} is missing");
    }

    private static void Sound(bool holds, string damage)
    {
        if (!holds)
        {
            throw new InvalidDataException($"The snapshot is not sound: {damage}.");
        }
    }
}
