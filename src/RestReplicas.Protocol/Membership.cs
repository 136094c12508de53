using System.Text.Json;

namespace RestReplicas.Protocol;

/// <summary>A disk with a vote. The name is where to find it; the disk is what counts.</summary>
public sealed record Voter(NodeName Name, DiskId Disk);

/// <summary>
/// Who votes, in which cluster. The payload of a <c>configuration</c> entry; in force as soon as it is appended
/// (dissertation §4.1). Founding makes the first one: it takes the disk ids from the votes.
/// </summary>
/// <param name="Replacing">
/// Names whose disk was lost and taken out, and whose new disk is to come in (§9): any later leader goes on with it.
/// </param>
public sealed record Configuration(ClusterId Cluster, IReadOnlyList<Voter> Voters, IReadOnlyList<NodeName> Replacing)
{
    public Configuration(ClusterId cluster, IReadOnlyList<Voter> voters)
        : this(cluster, voters, [])
    {
    }

    /// <summary>The format of entries that every node of the cluster understands.</summary>
    public const int Format = 1;

    public int Majority => (Voters.Count / 2) + 1;

    public bool Names(NodeName name, DiskId disk) => Voters.Any(v => v.Name == name && v.Disk == disk);

    public Voter? Find(NodeName name) => Voters.FirstOrDefault(v => v.Name == name);

    /// <summary>With this voter, whatever disk its name had before.</summary>
    public Configuration With(Voter voter)
    {
        Ensure.That(Voters.All(v => v.Name == voter.Name || v.Disk != voter.Disk), "a disk has one vote");
        return this with
        {
            Voters = [.. Voters.Where(v => v.Name != voter.Name), voter],
            Replacing = [.. Replacing.Where(n => n != voter.Name)],
        };
    }

    public Configuration Without(NodeName name, bool replacing = false) => this with
    {
        Voters = [.. Voters.Where(v => v.Name != name)],
        Replacing = replacing ? [.. Replacing, name] : [.. Replacing.Where(n => n != name)],
    };

    /// <summary>
    /// What a majority of the voters has reached, given what each has. Example: 7, 9, 4 → 7.
    /// </summary>
    public T ReachedByMajority<T>(Func<Voter, T> reached)
        where T : IComparable<T>
    {
        var values = new T[Voters.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = reached(Voters[i]);
        }

        Array.Sort(values);
        return values[^Majority];
    }

    /// <summary>JSON, so that a person who opens the log can read it.</summary>
    public ReadOnlyMemory<byte> Encode() =>
        JsonSerializer.SerializeToUtf8Bytes(new Wire(
            Format,
            Cluster.Value,
            [.. Voters.Select(v => new WireVoter(v.Name.Value, v.Disk.Value))],
            [.. Replacing.Select(n => n.Value)]));

    /// <summary>Throws <see cref="InvariantBrokenException"/> for a format from the future: it is never skipped.</summary>
    public static Configuration Decode(ReadOnlySpan<byte> payload)
    {
        var wire = JsonSerializer.Deserialize<Wire>(payload);
        Ensure.That(wire is { Format: Format }, "a configuration of a known format");
        return new(
            new(wire.Cluster),
            [.. wire.Voters.Select(v => new Voter(new(v.Name), new(v.Disk)))],
            [.. (wire.Replacing ?? []).Select(n => new NodeName(n))]);
    }

    private sealed record Wire(int Format, Guid Cluster, WireVoter[] Voters, string[]? Replacing);

    private sealed record WireVoter(string Name, Guid Disk);
}

/// <summary>
/// The configurations in the log, oldest first. The last one is in force, committed or not; removing entries brings
/// the one before it back.
/// </summary>
internal sealed class Membership(IEnumerable<(long Index, Configuration Configuration)> configurations)
{
    private readonly List<(long Index, Configuration Configuration)> _history = [.. configurations];

    /// <summary>Null: nothing is founded, as far as this log knows.</summary>
    public Configuration? InForce => _history.Count == 0 ? null : _history[^1].Configuration;

    /// <summary>Of the configuration in force; 0 if there is none.</summary>
    public long LastIndex => _history.Count == 0 ? 0 : _history[^1].Index;

    public void Append(long index, Configuration configuration) => _history.Add((index, configuration));

    /// <summary>Forgets what is not in force at this index or later any more.</summary>
    public void Trim(long through) => _history.RemoveRange(0, Math.Max(0, _history.FindLastIndex(c => c.Index <= through)));

    public void RemoveFrom(long index) => _history.RemoveAll(c => c.Index >= index);

    /// <summary>Whether a configuration named this disk, as far back as the log is kept.</summary>
    public bool HasNamed(NodeName name, DiskId disk) => _history.Exists(c => c.Configuration.Names(name, disk));

    /// <summary>Whether what is committed has taken this disk out so that another may come in its place.</summary>
    public bool Replaces(NodeName name, DiskId disk, long commit)
    {
        var last = _history.FindLastIndex(c => c.Index <= commit);
        return last >= 0
            && _history[last].Configuration.Replacing.Contains(name)
            && _history.Take(last).Any(c => c.Configuration.Names(name, disk));
    }

    /// <summary>Whether a committed configuration beyond that log does not name the candidate's disk (§4).</summary>
    public bool Omits(Header candidate, long candidateLast, long commit)
    {
        var committed = _history.FindLast(c => c.Index <= commit);
        return committed.Configuration is { } configuration
            && committed.Index > candidateLast
            && !configuration.Names(candidate.From, candidate.Disk);
    }
}
