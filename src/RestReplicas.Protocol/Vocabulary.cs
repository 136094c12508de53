using System.Globalization;
using System.Numerics;

namespace RestReplicas.Protocol;

/// <summary>A period with at most one leader, and the fencing token of every message (Raft, dissertation §3.2).</summary>
public readonly record struct Term(long Value) : IComparable<Term>
{
    public static Term Zero => default;

    public Term Next => new(Value + 1);

    public int CompareTo(Term other) => Value.CompareTo(other.Value);

    public static bool operator <(Term a, Term b) => a.Value < b.Value;

    public static bool operator >(Term a, Term b) => a.Value > b.Value;

    public static bool operator <=(Term a, Term b) => a.Value <= b.Value;

    public static bool operator >=(Term a, Term b) => a.Value >= b.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>
/// Where an entry stands: <c>term.index</c>, for example <c>7.48213</c>. It names one entry for ever, so it is also
/// the version of the document that the entry wrote. Ordered by term, then index: the order of "more up to date" logs.
/// </summary>
public readonly record struct Position(Term Term, long Index) : IComparable<Position>
{
    /// <summary>Before the first entry.</summary>
    public static Position Zero => default;

    public int CompareTo(Position other) =>
        Term == other.Term ? Index.CompareTo(other.Index) : Term.CompareTo(other.Term);

    public static bool operator <(Position a, Position b) => a.CompareTo(b) < 0;

    public static bool operator >(Position a, Position b) => a.CompareTo(b) > 0;

    public static bool operator <=(Position a, Position b) => a.CompareTo(b) <= 0;

    public static bool operator >=(Position a, Position b) => a.CompareTo(b) >= 0;

    /// <summary>
    /// Reads what <see cref="ToString"/> writes and nothing else: no sign, no blank, no leading zero. Entries are counted from
    /// 1, and so are terms: 0 stands only beside 0.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Position position)
    {
        position = default;
        var dot = text.IndexOf('.');
        if (dot < 0 || !TryNumber(text[..dot], out var term) || !TryNumber(text[(dot + 1)..], out var index) || (term == 0) != (index == 0))
        {
            return false;
        }

        position = new(new(term), index);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Term.Value}.{Index}");

    private static bool TryNumber(ReadOnlySpan<char> text, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
        && (text.Length == 1 || text[0] != '0')
        && text[^1] != '\0'; // which TryParse takes for nothing
}

/// <summary>
/// A node's name: a letter or digit, then letters, digits, <c>_</c>, <c>-</c> or <c>.</c>; at most 64 characters.
/// </summary>
public readonly record struct NodeName(string Value)
{
    public static bool IsValid(string? text) =>
        text is { Length: >= 1 and <= 64 }
        && char.IsAsciiLetterOrDigit(text[0])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    public override string ToString() => Value;
}

/// <summary>Minted with a node's file, and never again: a wiped node is another disk, so it cannot vote twice.</summary>
public readonly record struct DiskId(Guid Value)
{
    public override string ToString() => Value.ToString("N");
}

/// <summary>Minted by the founder in the first entry; nodes of different clusters refuse each other.</summary>
public readonly record struct ClusterId(Guid Value)
{
    public override string ToString() => Value.ToString("N");
}

/// <summary>Where a node is reached: by clients, and by its peers.</summary>
public sealed record NodeAddress(string PublicUrl, string PeerUrl);

/// <summary>
/// One reading of a node's two clocks. Protocol.md §8: intervals are measured by <paramref name="Clock"/> (monotonic,
/// counts suspended time); <paramref name="Wall"/> (Unix milliseconds) dates entries, and betrays a clock that stopped.
/// </summary>
public readonly record struct Moment(TimeSpan Clock, long Wall)
{
    /// <summary>How far the two clocks may disagree about an interval before it counts as unmeasured.</summary>
    public static readonly TimeSpan Disagreement = TimeSpan.FromMilliseconds(250);

    /// <summary>The time since <paramref name="earlier"/>, or null if the clocks disagree about it.</summary>
    public TimeSpan? Since(Moment earlier)
    {
        var byClock = Clock - earlier.Clock;
        var byWall = TimeSpan.FromMilliseconds(Wall - earlier.Wall);
        return (byClock - byWall).Duration() > Disagreement ? null : byClock;
    }
}

public enum EntryKind : byte
{
    /// <summary>A leader's first entry of its term; changes nothing.</summary>
    Noop = 0,

    /// <summary>One client request; its payload belongs to the service.</summary>
    Command = 1,

    /// <summary>The voters and the cluster id, effective when appended.</summary>
    Configuration = 2,
}

/// <summary>
/// One entry of the log. The payload is encoded once, by the leader; these bytes go to every log and over the wire.
/// <paramref name="Timestamp"/>: Unix milliseconds, never less than that of the entry before.
/// </summary>
public sealed record Entry(Position Position, EntryKind Kind, long Timestamp, ReadOnlyMemory<byte> Payload, uint Checksum)
{
    public long Index => Position.Index;

    public Term Term => Position.Term;

    public static Entry Create(Position position, EntryKind kind, long timestamp, ReadOnlyMemory<byte> payload) =>
        new(position, kind, timestamp, payload, Sum(position, kind, timestamp, payload.Span));

    /// <summary>Checked when an entry is received and when it is read back from disk.</summary>
    public bool IsIntact => Checksum == Sum(Position, Kind, Timestamp, Payload.Span);

    /// <summary>CRC-32C (Castagnoli) of term, index, kind, timestamp and payload, in that order, little-endian.</summary>
    private static uint Sum(Position position, EntryKind kind, long timestamp, ReadOnlySpan<byte> payload)
    {
        var crc = BitOperations.Crc32C(uint.MaxValue, (ulong)position.Term.Value);
        crc = BitOperations.Crc32C(crc, (ulong)position.Index);
        crc = BitOperations.Crc32C(crc, (byte)kind);
        crc = BitOperations.Crc32C(crc, (ulong)timestamp);
        while (payload.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(payload));
            payload = payload[sizeof(ulong)..];
        }

        foreach (var b in payload)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
