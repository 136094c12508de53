using System.Buffers.Binary;

namespace RestReplicas.Storage;

/// <summary>A hash or a sum of hashes as the file has it: 16 bytes, big-endian, as it is written in hexadecimal.</summary>
internal static class StoredSum
{
    public const int Size = 16;

    /// <summary>Whatever the file has there: what is not 16 bytes is nobody's hash.</summary>
    public static UInt128 Decode(ReadOnlySpan<byte> stored) =>
        stored.Length == Size ? BinaryPrimitives.ReadUInt128BigEndian(stored) : UInt128.Zero;

    public static Statement Bind(this Statement statement, int at, UInt128 sum)
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, sum);
        return statement.Bind(at, bytes);
    }

    public static UInt128 Sum(this Statement statement, int column) => Decode(statement.Blob(column));
}
