using System.Runtime.InteropServices;

namespace RestReplicas.Storage;

/// <summary>Makes directory entries durable: a synced file whose name is lost with the power is lost as well.</summary>
internal static partial class Directories
{
    /// <summary>
    /// Syncs the names in a directory. .NET opens no directories, so this asks the C library. Windows has no such call,
    /// and needs none: NTFS journals names.
    /// </summary>
    public static void Sync(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(path, flags: 0);
        if (descriptor < 0)
        {
            throw Failure("open", path);
        }

        var synced = FSync(descriptor);
        var failure = synced == 0 ? null : Failure("sync", path);
        _ = Close(descriptor);
        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>Writes a file of this content, whole or not at all, whatever happens meanwhile.</summary>
    public static void Replace(string file, ReadOnlySpan<byte> content) => Commit(Prepare(file, content), file);

    /// <summary>Writes a file of this content that <see cref="Commit"/> can rename over another. Returns its name.</summary>
    public static string Prepare(string file, ReadOnlySpan<byte> content)
    {
        var fresh = file + ".new";
        using var stream = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None);
        stream.Write(content);
        stream.Flush(flushToDisk: true);
        return fresh;
    }

    /// <summary>Renames a synced file over another.</summary>
    public static void Commit(string fresh, string file)
    {
        File.Move(fresh, file, overwrite: true);
        Sync(Path.GetDirectoryName(Path.GetFullPath(file))!);
    }

    private static IOException Failure(string verb, string path) =>
        new($"Could not {verb} directory '{path}': {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
