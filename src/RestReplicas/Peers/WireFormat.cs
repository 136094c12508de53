using System.Buffers.Binary;
using System.Numerics;

namespace RestReplicas.Peers;

/// <summary>
/// What nodes say to each other, as bytes: <c>'R'</c>, version, kind, header, fields, CRC-32C of all before it. Entries
/// travel with the payload that the leader encoded, verbatim, and with their own checksum.
/// </summary>
internal static partial class WireFormat
{
    public const byte Magic = (byte)'R';

    /// <summary>Raised when a field is added or changes its meaning. A node refuses what it does not know.</summary>
    public const byte Version = 2;

    public const int GuidSize = 16;

    /// <summary>Characters in a name, a URL or a token.</summary>
    public const int TextLimit = 2048;

    private enum Kind : byte
    {
        Append = 1,
        Vote = 2,
        ReadIndex = 3,
        Transfer = 4,
        Announce = 5,
        Refused = 128,
        Appended = 129,
        Voted = 130,
        ReadAt = 131,
        Transferred = 132,
        Announced = 133,
        Entry = 134,
    }

    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }

    private static WireWriter Begin(Kind kind, int expectedSize = 256)
    {
        var writer = new WireWriter(expectedSize);
        writer.Byte(Magic);
        writer.Byte(Version);
        writer.Byte((byte)kind);
        return writer;
    }

    private static WireReader Begin(ReadOnlyMemory<byte> message, out Kind kind)
    {
        const int Frame = 3 + sizeof(uint);
        if (message.Length < Frame || message.Span[0] != Magic)
        {
            throw new WireException("not a message between replicas");
        }

        if (message.Span[1] != Version)
        {
            throw new WireException($"a message of version {message.Span[1]}; this node speaks version {Version}");
        }

        var checkedPart = message[..^sizeof(uint)];
        if (BinaryPrimitives.ReadUInt32LittleEndian(message.Span[^sizeof(uint)..]) != Checksum(checkedPart.Span))
        {
            throw new WireException("a message whose checksum is wrong");
        }

        kind = (Kind)message.Span[2];
        return new(checkedPart[3..]);
    }
}
