namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>What a simulated client hears of its write. No answer at all (the process died) is the fourth.</summary>
internal enum WriteEnd
{
    Applied,
    NotLeader,
    Lost,
}

/// <summary>A node: a process that comes and goes, a disk that stays, clocks of its own. Carries out a replica's effects.</summary>
internal sealed partial class SimNode(World world, NodeName name, SimDisk disk, double clockRate)
{
    private SimLog _log = new();
    private readonly Dictionary<long, (Position Position, Action<WriteEnd, Position> Done)> _writes = [];
    private readonly Dictionary<long, Action<long>> _reads = [];
    private readonly List<(long Index, Action Act)> _whenApplied = [];
    private readonly Dictionary<long, Action<Response>> _asked = [];
    private Replica? _replica;
    private bool _low;
    private SimState _state = new();
    private Action<WriteEnd, Position>? _proposing;
    private TimeSpan _frozenUntil;
    private long _applyThrough;
    private bool _applying;
    private long _numbers;
    private Term _ledTerm;

    public NodeName Name => name;

    public SimDisk Disk { get; private set; } = disk;

    public bool Runs => _replica is not null;

    /// <summary>Changes with every start: nothing that a dead process waited for reaches the next one.</summary>
    public int Process { get; private set; }

    public long CommitSeen { get; set; }

    public long WallError { get; set; }

    public long Applied => _state.Applied;

    public SimState State => _state;

    public ReplicaView View => _replica!.View;

    public Moment Now => new(
        world.Schedule.Now * clockRate,
        1_800_000_000_000 + WallError + (long)world.Schedule.Now.TotalMilliseconds);

    public Position PositionAt(long index) => _log.PositionAt(index);

    public void Start(bool saveFailed = false)
    {
        Process = world.NextProcess();
        var boot = Disk.Boot(world.Dice, saveFailed);
        _log = Disk.Log.Copy();
        _state = Disk.State();
        CommitSeen = 0;
        _applyThrough = Disk.Applied;
        _replica = new(world.OptionsOf(name), boot, Now);
        Tick(Process);
        if (Disk.Scarred && !Disk.Marked && _evident)
        {
            NoticeDamage();
        }
    }

    public void Stop()
    {
        _replica = null;
        _frozenUntil = TimeSpan.Zero;
        _applying = false;
        _writes.Clear();
        _reads.Clear();
        _whenApplied.Clear();
        _asked.Clear();
        _snapshot = null;
        _fetched = null;
        Process = world.NextProcess();
        Disk.Crash(world.Dice, world.Observer);
    }

    /// <param name="replacement">The node found its file broken, set it aside and remembers that; else it finds nothing.</param>
    public void Wipe(bool replacement) => Disk = new(new(world.Dice.Id()), replacement);

    public void Freeze(TimeSpan time) => _frozenUntil = world.Schedule.Now + time;

    public void Thaw() => _frozenUntil = TimeSpan.Zero;

    /// <summary>Now, or when a frozen process goes on; never in another process than this one.</summary>
    public void WhenAwake(Action act)
    {
        var process = Process;
        if (_frozenUntil > world.Schedule.Now)
        {
            // What piled up meanwhile is found in any order: a thawed leader may be asked before it looks at its clock.
            world.Schedule.In(_frozenUntil - world.Schedule.Now + world.Dice.Milliseconds(0, 20), () => IfStill(process, act));
        }
        else if (Runs)
        {
            act();
        }
    }

    /// <summary>A node that was frozen learns what is, not what was, in whatever order it finds it.</summary>
    public void SetLow(bool low)
    {
        _low = low;
        WhenAwake(() => Step(new DiskSpace(_low)));
    }

    public void Write(SimCommand command, Action<WriteEnd, Position> done)
    {
        _proposing = done;
        Step(new Propose([command.Encode()]));
    }

    /// <summary>A linearizable read; <paramref name="done"/> gets the applied index of the state that was read, or -1.</summary>
    public void Read(Action<long> done)
    {
        _reads.Add(++_numbers, done);
        Step(new Read(_numbers));
    }

    public void Step(Input input)
    {
        if (_replica is null)
        {
            return;
        }

        world.CountStep();
        if (input is Asked { Request: AppendRequest { Offer: { Vouched: var vouched } } })
        {
            _vouched = vouched;
        }

        if (input is Asked { Request: TransferRequest })
        {
            WasOrdered = true;
        }
        else if (input is Asked { Request: AppendRequest })
        {
            WasOrdered = false;
        }

        foreach (var effect in _replica.Step(input, Now))
        {
            Carry(effect);
        }

        if (_replica is null)
        {
            return; // it ended itself, and another one starts from what it left
        }

        var led = View.Role == Role.Leader && _ledTerm < View.Term;
        world.Observer.Stepped(this, View);
        if (led)
        {
            _ledTerm = View.Term;
            world.LeaderElected(this);
        }
    }

    /// <summary>It leads because a leader ordered it to.</summary>
    public bool WasOrdered { get; private set; }

    /// <summary>Those that this node could go by: in force now, or after a conflict, or after a restart.</summary>
    public IEnumerable<Configuration> Configurations() =>
        (Runs ? From(_log, View.Commit) : []).Concat(From(Disk.Log, Disk.AppliedSynced));

    private static IEnumerable<Configuration> From(SimLog log, long committed) =>
        log.Configurations.Skip(Math.Max(0, log.Configurations.FindLastIndex(c => c.Index <= committed))).Select(c => c.Configuration);

    public override string ToString() => name.Value;

    private void Tick(int process) => world.Schedule.In(world.Dice.Milliseconds(10, 30), () => IfStill(process, () =>
    {
        Step(Protocol.Tick.Now);
        Tick(process);
    }));

    private void IfStill(int process, Action act)
    {
        if (process == Process)
        {
            WhenAwake(act);
        }
    }

    private void Later(TimeSpan delay, Action act)
    {
        var process = Process;
        world.Schedule.In(delay, () => IfStill(process, act));
    }
}
