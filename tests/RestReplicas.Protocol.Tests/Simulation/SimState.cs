using System.Buffers.Binary;

namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>One write of the simulated clients: <paramref name="Value"/> is unique; <paramref name="Once"/> its idempotency key, or 0.</summary>
/// <param name="IfVersion">The index that must have written the key last; -1: no condition.</param>
internal readonly record struct SimCommand(int Key, long Value, long Once, long IfVersion)
{
    public ReadOnlyMemory<byte> Encode()
    {
        var bytes = new byte[28];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Key);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(4), Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(12), Once);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(20), IfVersion);
        return bytes;
    }

    public static SimCommand Decode(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt32LittleEndian(bytes),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[12..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[20..]));
}

/// <summary>The state that the log makes: registers, and the idempotency records of the last 24 hours.</summary>
internal sealed class SimState
{
    private static readonly long Kept = (long)TimeSpan.FromHours(24).TotalMilliseconds;

    private Dictionary<int, (long Value, long Version)> _registers = [];
    private Dictionary<long, (long At, long Index)> _records = [];

    public long Applied { get; private set; }

    /// <summary>Depends on everything that was applied and what came of it.</summary>
    public ulong Digest { get; private set; } = 14695981039346656037;

    /// <summary>Damage was done to it; whatever is applied later does not undo that.</summary>
    public bool Scarred { get; private set; }

    public StateDigest StateDigest => new(Applied, new(1, Digest));

    public IReadOnlyDictionary<int, (long Value, long Version)> Registers => _registers;

    public void Scar()
    {
        Scarred = true;
        Digest ^= 0x5ca55ca5;
    }

    public SimState Copy() => new()
    {
        _registers = new(_registers),
        _records = new(_records),
        Applied = Applied,
        Digest = Digest,
        Scarred = Scarred,
    };

    /// <summary>True: the command took effect; false: refused, or replayed; null: no command.</summary>
    public bool? Apply(Entry entry)
    {
        Ensure.That(entry.Index == Applied + 1, "entries are applied in order");
        Applied = entry.Index;
        var effect = entry.Kind == EntryKind.Command ? Judge(entry) : (bool?)null;
        Digest = (Digest ^ entry.Checksum ^ (effect == true ? 1UL : 2UL)) * 1099511628211;
        return effect;
    }

    private bool Judge(Entry entry)
    {
        var command = SimCommand.Decode(entry.Payload.Span);
        if (command.Once != 0)
        {
            if (_records.TryGetValue(command.Once, out var record) && entry.Timestamp - record.At < Kept)
            {
                return false;
            }

            _records[command.Once] = (entry.Timestamp, entry.Index);
        }

        var version = _registers.TryGetValue(command.Key, out var register) ? register.Version : 0;
        if (command.IfVersion >= 0 && command.IfVersion != version)
        {
            return false;
        }

        _registers[command.Key] = (command.Value, entry.Index);
        return true;
    }
}
