using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

/// <summary>
/// Makes one write to the WAL of a transaction. SQLite makes two of each frame, its header and its page: some eighty for a batch
/// of thirty documents, and those system calls take longer than the sync. So the writer's WAL has methods of ours in front of its
/// own (https://sqlite.org/c3ref/io_methods.html), which gather what is appended until the frame that commits. No connection
/// looks at a frame sooner but the one that wrote it; when that does, the frames are written first.
/// </summary>
internal sealed unsafe partial class WalFrames : IDisposable
{
    /// <summary>Bytes that are gathered at most; a page has 64 KiB at most.</summary>
    private const int Capacity = 128 << 10;

    /// <summary>Bytes 4 to 7 of a frame's header are 0, but in the last frame of a transaction (https://sqlite.org/fileformat2.html#walformat).</summary>
    private const int HeaderLength = 24;

    private const int JournalPointer = 28; // SQLITE_FCNTL_JOURNAL_POINTER

    private readonly WalFile* _file;
    private readonly Methods* _own;
    private readonly byte* _gathered;
    private readonly GCHandle _this;
    private int _length;
    private long _end;
    private bool _commits;

    /// <param name="writer">Has its WAL open. To be closed after this.</param>
    public WalFrames(SqliteConnection writer)
    {
        WalFile* file;
        var result = FileControl(writer.Handle!.DangerousGetHandle(), "main", JournalPointer, &file);
        if (result != SQLITE_OK)
        {
            throw new SqliteException("SQLite does not say which file is its WAL.", result);
        }

        _file = file;
        _own = file->Methods;
        _gathered = (byte*)NativeMemory.Alloc(Capacity);
        _this = GCHandle.Alloc(this);
        var ours = (OurMethods*)NativeMemory.Alloc((nuint)sizeof(OurMethods));
        *ours = new() { Methods = *_own, Frames = GCHandle.ToIntPtr(_this) };
        ours->Methods.Read = &Read;
        ours->Methods.Write = &Write;
        ours->Methods.Truncate = &Truncate;
        ours->Methods.Sync = &Sync;
        file->Methods = &ours->Methods;
    }

    public void Dispose()
    {
        NativeMemory.Free(_file->Methods);
        _file->Methods = _own;
        NativeMemory.Free(_gathered);
        _this.Free();
    }

    private int Add(byte* bytes, int length, long offset)
    {
        if (length == HeaderLength)
        {
            _commits = Unsafe.ReadUnaligned<int>(bytes + 4) != 0;
        }

        var appends = offset == _end;
        if ((!appends || _length + length > Capacity) && Flush() is not SQLITE_OK and var failure)
        {
            return failure;
        }

        _end = offset + length;
        if (!appends)
        {
            // The WAL begins anew, or what the transaction has written before is written again: no commit need follow.
            return _own->Write(_file, bytes, length, offset);
        }

        Unsafe.CopyBlock(_gathered + _length, bytes, (uint)length);
        _length += length;
        return _commits && length != HeaderLength ? Flush() : SQLITE_OK;
    }

    private int Flush()
    {
        var length = _length;
        _length = 0;
        return length == 0 ? SQLITE_OK : _own->Write(_file, _gathered, length, _end - length);
    }

    private static WalFrames Of(WalFile* file) => (WalFrames)GCHandle.FromIntPtr(((OurMethods*)file->Methods)->Frames).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(WalFile* file, byte* bytes, int length, long offset) => Of(file).Add(bytes, length, offset);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(WalFile* file, byte* bytes, int length, long offset)
    {
        var frames = Of(file);
        return frames.Flush() is not SQLITE_OK and var failure ? failure : frames._own->Read(file, bytes, length, offset);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Truncate(WalFile* file, long length)
    {
        var frames = Of(file);
        return frames.Flush() is not SQLITE_OK and var failure ? failure : frames._own->Truncate(file, length);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sync(WalFile* file, int flags)
    {
        var frames = Of(file);
        return frames.Flush() is not SQLITE_OK and var failure ? failure : frames._own->Sync(file, flags);
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileControl(nint database, string name, int operation, void* argument);

    /// <summary>sqlite3_file: what SQLite itself knows of it.</summary>
    private struct WalFile
    {
        public Methods* Methods;
    }

    /// <summary>sqlite3_io_methods, version 3.</summary>
    private struct Methods
    {
        public int Version;
        public nint Close;
        public delegate* unmanaged[Cdecl]<WalFile*, byte*, int, long, int> Read;
        public delegate* unmanaged[Cdecl]<WalFile*, byte*, int, long, int> Write;
        public delegate* unmanaged[Cdecl]<WalFile*, long, int> Truncate;
        public delegate* unmanaged[Cdecl]<WalFile*, int, int> Sync;
        public Others Others;
    }

    /// <summary>From xFileSize to xUnfetch.</summary>
    [InlineArray(13)]
    private struct Others
    {
        private nint _first;
    }

    private struct OurMethods
    {
        public Methods Methods;
        public nint Frames;
    }
}
