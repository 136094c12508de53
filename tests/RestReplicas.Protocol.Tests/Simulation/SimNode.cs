namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>What a simulated client hears of its write. No answer at all (the process died) is the fourth.</summary>
internal enum WriteEnd
{
    Applied,
    NotLeader,
    Lost,
}

/// <summary>A node: a process that comes and goes, a disk that stays, clocks of its own. Carries out a replica's effects.</summary>
internal sealed class SimNode(World world, NodeName name, SimDisk disk, double clockRate)
{
    private readonly List<Entry> _log = [];
    private readonly Dictionary<long, (Position Position, Action<WriteEnd, Position> Done)> _writes = [];
    private readonly Dictionary<long, Action<long>> _reads = [];
    private readonly List<(long Index, Action Act)> _whenApplied = [];
    private readonly Dictionary<long, Action<Response>> _asked = [];
    private Replica? _replica;
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

    public Position PositionAt(long index) => index == 0 ? Position.Zero
        : index <= _log.Count ? _log[(int)index - 1].Position
        : throw new InvalidOperationException($"{name} has no index {index}");

    public void Start(bool saveFailed = false)
    {
        Process = world.NextProcess();
        var boot = Disk.Boot(world.Dice, saveFailed);
        _log.Clear();
        _log.AddRange(Disk.Log);
        _state = new();
        foreach (var entry in Disk.Log.Take((int)Disk.Applied))
        {
            _state.Apply(entry);
        }

        CommitSeen = 0;
        _applyThrough = Disk.Applied;
        _replica = new(world.OptionsOf(name), boot, Now);
        Tick(Process);
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
        Process = world.NextProcess();
        Disk.Crash(world.Dice, world.Observer);
    }

    public void Wipe() => Disk = new(new(world.Dice.Id()));

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

    private static IEnumerable<Configuration> From(List<Entry> log, long committed)
    {
        var all = log.Where(e => e.Kind == EntryKind.Configuration).ToList();
        var first = Math.Max(0, all.FindLastIndex(e => e.Index <= committed));
        return all.Skip(first).Select(e => Configuration.Decode(e.Payload.Span));
    }

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

    private void Carry(Effect effect)
    {
        switch (effect)
        {
            case Save save: Remember(save); break;
            case Send send: Exchange(send); break;
            case Reply reply when _asked.Remove(reply.Correlation, out var answer): answer(reply.Response); break;
            case Apply apply: _applyThrough = apply.Through; ApplySome(); break;
            case Proposed proposed: _writes[proposed.First.Index] = (proposed.First, _proposing!); world.Positions.Add(proposed.First); break;
            case NotProposed: _proposing!(WriteEnd.NotLeader, default); break;
            case ReadConfirmed read: WhenApplied(read.Index, Take(read.Id)); break;
            case ReadFailed read: Take(read.Id)(-1); break;
            case TransferRefused or VotersRefused: break;
            case VotersChanged: world.Observer.Looked("changes of voters"); break;
            case LeaseCall call: CallRedis(call); break;
            case Probe probe: world.Probe(this, probe.Peer, () => Later(world.Dice.Delay(1), () => Step(new ConnectionRefused(probe.Peer)))); break;
            default: throw new InvalidOperationException($"unexpected effect {effect}");
        }
    }

    private Action<long> Take(long id) => _reads.Remove(id, out var done) ? done : throw new InvalidOperationException("answered twice");

    private void WhenApplied(long index, Action<long> done)
    {
        if (_state.Applied >= index)
        {
            done(_state.Applied);
        }
        else
        {
            _whenApplied.Add((index, () => done(_state.Applied)));
        }
    }

    private void Remember(Save save)
    {
        if (save.RemoveFrom is { } first)
        {
            _log.RemoveRange((int)first - 1, _log.Count - (int)first + 1);
        }

        foreach (var entry in save.Entries)
        {
            world.Observer.Appended(entry, PositionAt(_log.Count));
            _log.Add(entry);
        }

        Disk.Asked.Enqueue(save);
        SaveSome();
    }

    /// <summary>Group commit: everything asked for by now goes in one sync.</summary>
    private void SaveSome()
    {
        if (Disk.Busy || Disk.Asked.Count == 0)
        {
            return;
        }

        Disk.Busy = true;
        var group = Disk.Asked.Count;
        var applied = Disk.Applied;
        var fails = world.SaveFails();
        Later(world.SaveTime(), () =>
        {
            if (fails)
            {
                Stop();
                Start(saveFailed: true);
                return;
            }

            var ticket = 0L;
            for (var i = 0; i < group; i++)
            {
                var save = Disk.Asked.Dequeue();
                Disk.Write(save, world.Observer);
                ticket = save.Ticket;
            }

            Disk.Busy = false;
            Disk.Synced(applied);
            Step(new Saved(ticket));
            SaveSome();
        });
    }

    private void ApplySome()
    {
        if (_applying || _state.Applied >= _applyThrough)
        {
            return;
        }

        _applying = true;
        Later(world.Dice.Delay(0.5), () =>
        {
            _applying = false;
            var through = Math.Min(_applyThrough, _state.Applied + 1 + world.Dice.Next(8));
            while (_state.Applied < through)
            {
                ApplyNext();
            }

            Disk.Applied = _state.Applied;
            Step(new Applied(_state.Applied));
            foreach (var (_, act) in _whenApplied.Where(w => w.Index <= _state.Applied).ToList())
            {
                act();
            }

            _whenApplied.RemoveAll(w => w.Index <= _state.Applied);
            ApplySome();
        });
    }

    private void ApplyNext()
    {
        // From the disk, not from memory: what is applied must be saved.
        var entry = Disk.Log[(int)_state.Applied];
        var effect = _state.Apply(entry);
        world.Observer.Applied(this, entry, effect, _state.Digest);
        if (_writes.Remove(entry.Index, out var write))
        {
            write.Done(write.Position == entry.Position ? WriteEnd.Applied : WriteEnd.Lost, write.Position);
        }
    }

    private void Exchange(Send send)
    {
        var request = send.Request is AppendRequest append && send.IsBatch
            ? append with { Entries = Batch(append.Previous.Index, send.Through) }
            : send.Request;
        var process = Process;
        world.Exchange(this, send.To, request, response => IfStill(process, () => Step(response is null
            ? new Unanswered(send.To, send.Sequence)
            : new Answered(send.To, send.Sequence, response))));
    }

    private List<Entry> Batch(long after, long through) =>
        _log.GetRange((int)after, Math.Min((int)(through - after), 1 + world.Dice.Next(world.MostInBatch)));

    public void BeAsked(Request request, Action<Response> answer)
    {
        _asked.Add(++_numbers, answer);
        Step(new Asked(_numbers, request));
    }

    private void CallRedis(LeaseCall call)
    {
        var started = Now.Clock;
        Later(world.Dice.Delay(1), () =>
        {
            if (world.Redis.Carry(call, name.Value, started) is { } answer)
            {
                Later(answer is LeaseAnswer.Unknown ? world.Dice.Milliseconds(200, 400) : world.Dice.Delay(1), () => Step(answer));
            }
        });
    }
}
