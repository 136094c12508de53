using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

/// <summary>What a full disk looks like from here.</summary>
internal static class FullDisk
{
    /// <summary>The index of the WAL could not grow: on Windows it is a file of its own, with a failure of its own.</summary>
    private const int IndexCannotGrow = SQLITE_IOERR | (19 << 8);

    public static bool Is(SqliteException e) => e.SqliteErrorCode == SQLITE_FULL || e.SqliteExtendedErrorCode == IndexCannotGrow;
}
