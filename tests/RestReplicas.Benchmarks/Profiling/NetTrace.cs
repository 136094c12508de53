using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace RestReplicas.Benchmarks.Profiling;

/// <param name="At">As <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>, which all processes of a machine share on Linux.</param>
/// <param name="Stack">Addresses, the innermost first.</param>
internal sealed record TraceEvent(int Id, long At, long[] Stack, ReadOnlyMemory<byte> Payload);

/// <summary>
/// Reads what EventPipe writes into a file (format 4: github.com/microsoft/perfview, src/TraceEvent/EventPipe), as far as it
/// was written: a process that was killed leaves the last object incomplete. Only the runtime's own events.
/// </summary>
internal sealed class NetTrace
{
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";
    private const byte BeginObject = 5;
    private readonly byte[] _file;
    private readonly Dictionary<int, int> _eventIds = []; // metadata id → event id of the runtime
    private readonly Dictionary<int, long[]> _stacks = [];
    private int _at;

    private NetTrace(byte[] file) => _file = file;

    public static List<TraceEvent> Read(string path)
    {
        var trace = new NetTrace(File.ReadAllBytes(path));
        var events = new List<TraceEvent>();
        try
        {
            trace.Objects(events);
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            // the end of what was written
        }

        return events;
    }

    private void Objects(List<TraceEvent> events)
    {
        _at = "Nettrace".Length + sizeof(int) + "!FastSerialization.1".Length;
        while (_file[_at] == BeginObject)
        {
            _at += 3 + (2 * sizeof(int)); // its tags, its version, the oldest reader that understands it
            var name = Encoding.ASCII.GetString(_file, _at + sizeof(int), Int(_at));
            _at += sizeof(int) + name.Length + 1;
            if (name == "Trace")
            {
                _at += 16 + (2 * sizeof(long)) + (4 * sizeof(int)); // when and where
            }
            else
            {
                var size = Int(_at);
                var from = (_at + sizeof(int) + 3) & ~3; // blocks are aligned
                Block(name, from, from + size, events);
                _at = from + size;
            }

            _at++; // the tag that ends it
        }
    }

    private void Block(string name, int from, int to, List<TraceEvent> events)
    {
        switch (name)
        {
            case "StackBlock":
                Stacks(from);
                break;
            case "MetadataBlock":
                Events(from, to, (_, _, _, payload) => Describe(payload.Span));
                break;
            case "EventBlock":
                Events(from, to, (kind, at, stack, payload) =>
                {
                    if (_eventIds.TryGetValue(kind, out var id))
                    {
                        events.Add(new(id, at, _stacks.GetValueOrDefault(stack, []), payload));
                    }
                });
                break;
        }
    }

    private void Stacks(int at)
    {
        var (first, count) = (Int(at), Int(at + sizeof(int)));
        at += 2 * sizeof(int);
        for (var i = 0; i < count; i++)
        {
            var size = Int(at);
            _stacks[first + i] = MemoryMarshal.Cast<byte, long>(_file.AsSpan(at + sizeof(int), size)).ToArray();
            at += sizeof(int) + size;
        }
    }

    /// <summary>Which event of which provider a number in the file stands for.</summary>
    private void Describe(ReadOnlySpan<byte> payload)
    {
        var text = MemoryMarshal.Cast<byte, char>(payload[sizeof(int)..]);
        var provider = text[..text.IndexOf('\0')];
        if (provider is Runtime)
        {
            _eventIds[BinaryPrimitives.ReadInt32LittleEndian(payload)] =
                BinaryPrimitives.ReadInt32LittleEndian(payload[(sizeof(int) + (2 * (provider.Length + 1)))..]);
        }
    }

    /// <summary>Each event repeats only what differs from the one before it; a bit says what does.</summary>
    private void Events(int from, int to, Action<int, long, int, ReadOnlyMemory<byte>> take)
    {
        var at = from + BinaryPrimitives.ReadInt16LittleEndian(_file.AsSpan(from));
        var (kind, stack, size, time) = (0, 0, 0, 0L);
        while (at < to)
        {
            var differs = _file[at++];
            kind = (differs & 1) != 0 ? (int)Number(ref at) : kind;
            if ((differs & 2) != 0)
            {
                Number(ref at); // its number in a sequence
                Number(ref at); // the thread that wrote it down
                Number(ref at); // the processor
            }

            if ((differs & 4) != 0)
            {
                Number(ref at); // the thread that it is about
            }

            stack = (differs & 8) != 0 ? (int)Number(ref at) : stack;
            time += Number(ref at);
            at += ((differs & 16) != 0 ? 16 : 0) + ((differs & 32) != 0 ? 16 : 0); // activities
            size = (differs & 128) != 0 ? (int)Number(ref at) : size;
            take(kind & int.MaxValue, time, stack, _file.AsMemory(at, size));
            at += size;
        }
    }

    /// <summary>Seven bits in each byte, the lowest first.</summary>
    private long Number(ref int at)
    {
        var number = 0L;
        for (var shift = 0; ; shift += 7)
        {
            var part = _file[at++];
            number |= (long)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return number;
            }
        }
    }

    private int Int(int at) => BinaryPrimitives.ReadInt32LittleEndian(_file.AsSpan(at));
}
