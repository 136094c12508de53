namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>Entries after a base; which positions there were, and which configurations, from the first entry on.</summary>
internal sealed class SimLog
{
    private readonly List<Entry> _entries = [];
    private readonly List<Position> _positions = [Position.Zero];

    public long Base { get; private set; }

    public long Last => _positions.Count - 1;

    public long LastTimestamp { get; private set; }

    public List<(long Index, Configuration Configuration)> Configurations { get; } = [];

    public Position PositionAt(long index) => _positions[(int)index];

    /// <summary>Throws for what is trimmed: whoever needs that has a bug.</summary>
    public Entry this[long index] => _entries[(int)(index - Base) - 1];

    public void Write(Save save)
    {
        if (save.RemoveFrom is { } first && first <= Last)
        {
            _entries.RemoveRange((int)(first - Base) - 1, (int)(Last - first) + 1);
            _positions.RemoveRange((int)first, (int)(Last - first) + 1);
            Configurations.RemoveAll(c => c.Index >= first);
        }

        foreach (var entry in save.Entries)
        {
            _entries.Add(entry);
            _positions.Add(entry.Position);
            LastTimestamp = entry.Timestamp;
            if (entry.Kind == EntryKind.Configuration)
            {
                Configurations.Add((entry.Index, Configuration.Decode(entry.Payload.Span)));
            }
        }
    }

    public void Trim(long through)
    {
        _entries.RemoveRange(0, (int)(through - Base));
        Base = through;
    }

    public List<Entry> EntriesAfter(long index) => _entries[(int)(index - Base)..];

    public List<Entry> Range(long after, int count) => _entries.GetRange((int)(after - Base), count);

    public LogShape Shape()
    {
        var shape = new LogShape();
        _positions.Skip(1).ToList().ForEach(shape.Append);
        shape.Trim(Base);
        return shape;
    }

    public SimLog Copy() => CopyThrough(Last, Base);

    /// <summary>The log up to an index, trimmed up to another one.</summary>
    public SimLog CopyThrough(long last, long @base)
    {
        var copy = new SimLog { Base = @base, LastTimestamp = last > Base ? this[last].Timestamp : LastTimestamp };
        copy._positions.AddRange(_positions.Skip(1).Take((int)last));
        copy._entries.AddRange(_entries.Where(e => e.Index > @base && e.Index <= last));
        copy.Configurations.AddRange(Configurations.Where(c => c.Index <= last));
        return copy;
    }
}
