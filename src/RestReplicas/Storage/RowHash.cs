using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// The hash that each row of the replicated state keeps of itself (protocol.md §9): XXH3, 128 bits, over the table's mark and
/// the row's columns, numbers as eight bytes, text and blobs behind their length, all little-endian. It tells what a disk
/// or a bug did to a row. Whoever could write to the disk could write the right hash as well, so a cryptographic one, at
/// twenty times the cost for every row read, would tell no more.
/// </summary>
internal ref struct RowHash
{
    /// <summary>To be raised with every change of what is hashed, or how: digests of different versions are not compared.</summary>
    public const int Version = 3;

    private byte[] _bytes;
    private int _length;

    private RowHash(byte table, int payload)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(payload + 1024);
        _bytes[_length++] = table;
    }

    public static UInt128 OfDocument(string collection, string id, Position version, long updatedAt, ReadOnlySpan<byte> body)
    {
        var hash = new RowHash((byte)'d', body.Length);
        hash.Add(collection);
        hash.Add(id);
        hash.Add(version, updatedAt);
        hash.Add(body);
        return hash.Finish();
    }

    public static UInt128 OfKey(
        string owner, string key, Position at, long timestamp, ReadOnlySpan<byte> fingerprint, ReadOnlySpan<byte> outcome)
    {
        var hash = new RowHash((byte)'k', fingerprint.Length + outcome.Length);
        hash.Add(owner);
        hash.Add(key);
        hash.Add(at, timestamp);
        hash.Add(fingerprint);
        hash.Add(outcome);
        return hash.Finish();
    }

    public static UInt128 OfIndex(string collection, string name, string path, Position version, long updatedAt)
    {
        var hash = new RowHash((byte)'i', 0);
        hash.Add(collection);
        hash.Add(name);
        hash.Add(path);
        hash.Add(version, updatedAt);
        return hash.Finish();
    }

    private void Add(ReadOnlySpan<byte> value)
    {
        Add(value.Length);
        value.CopyTo(Room(value.Length));
        _length += value.Length;
    }

    private void Add(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Add(length);
        Encoding.UTF8.GetBytes(value, Room(length));
        _length += length;
    }

    private void Add(Position version, long time)
    {
        Add(version.Term.Value);
        Add(version.Index);
        Add(time);
    }

    private void Add(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Room(sizeof(long)), value);
        _length += sizeof(long);
    }

    private Span<byte> Room(int length)
    {
        if (_bytes.Length - _length < length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_length + length + 1024);
            _bytes.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsSpan(_length);
    }

    private readonly UInt128 Finish()
    {
        var hash = XxHash128.HashToUInt128(_bytes.AsSpan(0, _length));
        ArrayPool<byte>.Shared.Return(_bytes);
        return hash;
    }
}
