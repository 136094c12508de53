using System.Buffers.Binary;
using System.Text;
using RestReplicas.Protocol;

namespace RestReplicas.Peers;

/// <summary>
/// Reads what <see cref="WireWriter"/> wrote. Every length is checked against what is left before it is believed, so
/// garbage costs no memory; every failure is a <see cref="WireException"/>.
/// </summary>
internal ref struct WireReader(ReadOnlyMemory<byte> message)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private ReadOnlyMemory<byte> _rest = message;

    public readonly int Left => _rest.Length;

    public byte Byte() => Take(1)[0];

    public bool Flag() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw new WireException($"a flag is 0 or 1, not {other}"),
    };

    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public uint UInt() => (uint)Int();

    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <summary>A term, an index, a count: never negative.</summary>
    public long Natural()
    {
        var value = Long();
        return value >= 0 ? value : throw new WireException($"{value} where no negative number can be");
    }

    public TimeSpan Span() => new(Long());

    public Guid Guid() => new(Take(WireFormat.GuidSize));

    /// <summary>A slice of the message: the bytes are not copied.</summary>
    public ReadOnlyMemory<byte> Bytes()
    {
        var length = Length(int.MaxValue);
        var value = _rest[..length];
        _rest = _rest[length..];
        return value;
    }

    public string Text()
    {
        try
        {
            return Strict.GetString(Take(Length(WireFormat.TextLimit * 4)));
        }
        catch (DecoderFallbackException)
        {
            throw new WireException("a text that is not UTF-8");
        }
    }

    public NodeName Name()
    {
        var text = Text();
        return NodeName.IsValid(text) ? new(text) : throw new WireException("a node name that breaks the rules for names");
    }

    public Term Term() => new(Natural());

    public Position Position() => new(Term(), Natural());

    public Stamp Stamp() => new((ulong)Long(), new(Span(), Long()));

    public NodeAddress Address() => new(Text(), Text());

    public Snapshot Snapshot() => new(Guid(), Position(), Natural(), Text(), PlainDigest());

    public StateReport State() => new(Natural(), Flag(), Flag(), Digest(), Digest());

    public StateDigest? Digest() => Flag() ? new(Natural(), PlainDigest()) : null;

    /// <summary>How many things of at least that size follow.</summary>
    public int Count(int leastSize)
    {
        var count = Int();
        return count >= 0 && count <= Left / leastSize ? count : throw new WireException($"{count} things in {Left} bytes");
    }

    public readonly void End()
    {
        if (_rest.Length > 0)
        {
            throw new WireException($"{_rest.Length} bytes too many");
        }
    }

    private Digest PlainDigest()
    {
        var (version, low, high) = (Int(), (ulong)Long(), (ulong)Long());
        return new(version, new(high, low));
    }

    private int Length(int limit)
    {
        var length = Int();
        return length >= 0 && length <= Math.Min(limit, Left)
            ? length
            : throw new WireException($"a length of {length} with {Left} bytes left");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new WireException("the message ends too early");
        }

        var taken = _rest.Span[..count];
        _rest = _rest[count..];
        return taken;
    }
}
