using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

/// <summary>By this node's own evidence its state is not what was applied (protocol.md §9). The message says what is wrong.</summary>
public sealed class DamagedStateException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>An entry of the log is not what was saved. A committed one can be had again, from any node that has it (protocol.md §9).</summary>
public sealed class DamagedEntryException(Position position) : IOException($"The log entry at {position} is damaged: it does not match its checksum.")
{
    public long Index => position.Index;
}

/// <summary>The content of an index is not that of the documents. They are right, for they match their hashes.</summary>
internal sealed class DamagedIndexException(long number) : Exception($"Index number {number} is wrong.")
{
    public long Number => number;
}

/// <summary>What counts as evidence.</summary>
internal static class Damage
{
    /// <summary>A sentence; null: this says nothing of the state.</summary>
    public static string? Evidence(Exception e) => e switch
    {
        DamagedStateException => e.Message,
        SqliteException { SqliteErrorCode: SQLITE_CORRUPT or SQLITE_NOTADB } => $"The file is damaged: {e.Message}",
        _ => null,
    };

    public static DamagedStateException Document(string collection, string id) =>
        new($"The document {collection}/{id} does not match its hash.");

    public static DamagedStateException Key(long index) =>
        new($"The idempotency record of the entry at index {index} does not match its hash.");
}
