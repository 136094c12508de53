using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using RestReplicas.Protocol;

namespace RestReplicas.Peers;

/// <summary>Writes the fields of messages: little-endian, lengths before contents, a byte before what may be absent.</summary>
internal sealed class WireWriter(int expectedSize)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(expectedSize);

    public void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Int(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.GetSpan(sizeof(int)), value);
        _buffer.Advance(sizeof(int));
    }

    public void UInt(uint value) => Int((int)value);

    public void Long(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.GetSpan(sizeof(long)), value);
        _buffer.Advance(sizeof(long));
    }

    public void Span(TimeSpan value) => Long(value.Ticks);

    public void Guid(Guid value)
    {
        value.TryWriteBytes(_buffer.GetSpan(WireFormat.GuidSize));
        _buffer.Advance(WireFormat.GuidSize);
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Int(value.Length);
        _buffer.Write(value);
    }

    public void Text(string value)
    {
        Ensure.That(value.Length <= WireFormat.TextLimit, "a text that fits into a message");
        var length = Encoding.UTF8.GetByteCount(value);
        Int(length);
        Encoding.UTF8.GetBytes(value, _buffer.GetSpan(length));
        _buffer.Advance(length);
    }

    public void Position(Position value)
    {
        Long(value.Term.Value);
        Long(value.Index);
    }

    public void Stamp(Stamp value)
    {
        Long((long)value.Nonce);
        Span(value.At.Clock);
        Long(value.At.Wall);
    }

    public void Address(NodeAddress value)
    {
        Text(value.PublicUrl);
        Text(value.PeerUrl);
    }

    public void Snapshot(Snapshot value)
    {
        Guid(value.Id);
        Position(value.At);
        Long(value.Bytes);
        Text(value.Checksum);
        Digest(value.Digest);
    }

    public void State(StateReport value)
    {
        Long(value.Applied);
        Flag(value.Damaged);
        Flag(value.Low);
        Digest(value.Mark);
        Digest(value.Latest);
    }

    public void Digest(StateDigest? value)
    {
        Flag(value is not null);
        if (value is { } digest)
        {
            Long(digest.Index);
            Digest(digest.Digest);
        }
    }

    private void Digest(Digest value)
    {
        Int(value.Version);
        Long((long)(ulong)value.Sum);
        Long((long)(ulong)(value.Sum >> 64));
    }

    /// <summary>The message with its checksum behind it.</summary>
    public ReadOnlyMemory<byte> Sealed()
    {
        UInt(WireFormat.Checksum(_buffer.WrittenSpan));
        return _buffer.WrittenMemory;
    }
}
