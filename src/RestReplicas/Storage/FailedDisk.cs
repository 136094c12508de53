using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

/// <summary>
/// What a disk looks like from here that did not do as it was told. After a failed sync the kernel may have forgotten
/// what it was to write, and says so only once.
/// </summary>
internal static class FailedDisk
{
    public static bool Is(Exception e) => e switch
    {
        SqliteException failure => failure.SqliteErrorCode == SQLITE_IOERR && !FullDisk.Is(failure),
        IOException { InnerException: SqliteException beside } => Is(beside),
        _ => false,
    };
}
