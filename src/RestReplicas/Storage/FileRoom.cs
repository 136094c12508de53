using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

/// <summary>
/// Room in the database file for every page that the WAL holds. It is taken before the commit: so a full disk refuses a write,
/// never a checkpoint, and so never a start. Where the file system cannot promise room, or this is not Linux, the reserve must do.
/// </summary>
internal sealed partial class FileRoom(string file) : IDisposable
{
    /// <summary>Taken at once, while there is as much: one call for some thousand commits.</summary>
    private const long Chunk = 1 << 20;

    /// <summary>FALLOC_FL_KEEP_SIZE: nobody sees it in the length of the file.</summary>
    private const int KeepSize = 1;

    /// <summary>SYNC_FILE_RANGE_WRITE: begins, and waits for nothing.</summary>
    private const uint Begin = 2;

    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    private readonly SafeFileHandle _file = File.OpenHandle(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
    private long _taken;

    /// <summary>Throws SQLite's own error if the disk is full.</summary>
    /// <param name="bytes">How long the file will be once all is copied.</param>
    public void Take(long bytes)
    {
        if (bytes <= _taken)
        {
            return;
        }

        var taken = ((bytes / Chunk) + 1) * Chunk;
        if (!TryTake(taken) && !TryTake(taken = bytes))
        {
            throw new SqliteException($"There is no room for {bytes} bytes in '{file}'.", SQLITE_FULL);
        }

        _taken = taken;
    }

    /// <summary>A checkpoint has cut off what is beyond the end of the file.</summary>
    public void CutOff() => _taken = 0;

    /// <summary>What was written to the file begins to leave for the disk. A sync later says whether it got there.</summary>
    public void BeginWriteBack() => _ = OperatingSystem.IsLinux() ? SyncRange(_file, 0, 0, Begin) : 0;

    /// <summary>Only when SQLite has closed the file: whoever closes one takes all locks of his process away from it.</summary>
    public void Dispose() => _file.Dispose();

    private bool TryTake(long bytes) => !OperatingSystem.IsLinux()
        || Allocate(_file, KeepSize, 0, bytes) == 0
        || Marshal.GetLastPInvokeError() is not (NoSpace or QuotaExceeded);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    private static partial int SyncRange(SafeFileHandle file, long offset, long length, uint flags);
}
