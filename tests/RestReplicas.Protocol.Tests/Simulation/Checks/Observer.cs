namespace RestReplicas.Protocol.Tests.Simulation.Checks;

internal sealed class ViolationException(int invariant, string what)
    : Exception($"invariant {invariant} is violated: {what}");

/// <summary>
/// Sees everything that happens in a simulated world, and knows what no node knows: true time, all disks, all logs.
/// One check per invariant of PROTOCOL.md; each throws as soon as its invariant is violated.
/// </summary>
internal sealed class Observer(Schedule schedule)
{
    private readonly OneLeaderPerTerm _leaders = new();
    private readonly LogMatching _matching = new();
    private readonly CommittedPrefix _prefix = new();
    private readonly NothingGoesBack _order = new();
    private readonly RealTimeOrder _realTime = new();
    private readonly StalenessPromise _staleness = new();
    private readonly AtMostOnce _once = new();
    private readonly CountedDisks _disks = new();
    private readonly SoundSnapshots _snapshots = new();

    /// <summary>How often each check had something to check: a check that never looks finds nothing.</summary>
    public Dictionary<string, long> Looks { get; } = [];

    public void HardStateSaved(DiskId disk, Term oldTerm, DiskId? oldVote, HardState hard)
    {
        Looked("hard states");
        NothingGoesBack.OnDisk(disk, oldTerm, hard);
        _disks.Voted(disk, oldTerm, oldVote, hard);
    }

    public void LogSaved(DiskId disk, Position last) => _disks.Saved(disk, last);

    /// <summary>When a configuration was last appended anywhere: messages that carry it may be under way for a while.</summary>
    public TimeSpan ConfiguredAt { get; private set; }

    public void Appended(Entry entry, Position previous)
    {
        _matching.Appended(entry, previous);
        if (entry.Kind == EntryKind.Configuration)
        {
            ConfiguredAt = schedule.Now;
        }
    }

    public void Stepped(SimNode node, ReplicaView view)
    {
        _order.Stepped(node.Process, view);
        BoundedMemory.Stepped(node, view);
        _prefix.Committed(node, view, _disks);
        if (view.Role == Role.Leader && _leaders.IsNew(node.Disk.Id, view.Term))
        {
            Looked("elections");
            if (node.WasOrdered)
            {
                Looked("transfers");
            }

            _prefix.Elected(node, view);
            _disks.Elected(node.Disk.Id, view);
        }
    }

    public void Applied(SimNode node, Entry entry, bool? effect, SimState state)
    {
        _prefix.Applied(node, entry, state);
        _once.Applied(entry, effect, schedule.Now);
    }

    public void Installing(SimNode node, SimSnapshot snapshot, ReplicaView view, bool repairs, bool vouched)
    {
        Looked(repairs ? "repairs" : "snapshots installed");
        Looked(vouched ? "vouched snapshots" : "snapshots on a leader's word");
        _snapshots.Installing(node, snapshot, view, repairs, vouched);
    }

    /// <summary>Something was committed: from now on a cluster must go on as it was configured.</summary>
    public bool Founded => _prefix.IsFounded;

    public long Invoked() => _realTime.Newest;

    public void WriteAcknowledged(Position position, long newestWhenInvoked)
    {
        Looked("acknowledged writes");
        _prefix.Acknowledged(position);
        _realTime.Completed("write", position.Index, newestWhenInvoked, strictly: true);
        _staleness.Acknowledged(schedule.Now, position.Index);
    }

    public void LinearizableRead(long index, long newestWhenInvoked)
    {
        Looked("linearizable reads");
        _realTime.Completed("read", index, newestWhenInvoked, strictly: false);
    }

    public void LocalRead(SimNode node, long applied, TimeSpan? staleness)
    {
        if (staleness is { } bound)
        {
            Looked("bounded reads");
            _staleness.Read(node, schedule.Now, applied, bound);
        }
    }

    public void PositionRead(SimNode node, Position asked)
    {
        Looked("position reads");
        _prefix.ReadAt(node, asked);
    }

    public void Looked(string what) => Looks[what] = Looks.GetValueOrDefault(what) + 1;
}
