using RestReplicas.Protocol.Tests.Simulation.Checks;

namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>A whole cluster, its Redis, its clients and its bad luck, in one thread, from one seed.</summary>
internal sealed class World
{
    private readonly List<NodeName> _names;
    private readonly SimClients _clients;
    private readonly Faults _faults;
    private readonly FaultMix _mix;
    private readonly ReplicaOptions _timing;
    private int _processes;
    private ulong _trace = 14695981039346656037;

    public World(ulong seed)
    {
        Dice = new(seed);
        _mix = FaultMix.Draw(Dice);
        Observer = new(Schedule);
        Network = new(Schedule, Dice, _mix);
        Redis = new(Schedule, Dice, _mix);
        int[] sizes = [1, 2, 3, 3, 3, 3, 3, 5];
        _names = [.. Enumerable.Range(1, Dice.Pick(sizes)).Select(i => new NodeName($"n{i}"))];
        _timing = DrawTiming();
        var learners = Enumerable.Range(1, Dice.Pick([0, 0, 1, 2])).Select(i => new NodeName($"l{i}"));
        Nodes = [.. _names.Concat(learners).Select(n => new SimNode(this, n, new(new(Dice.Id())), Dice.Between(0.9996, 1.0004)))];
        Redis.Freed += () => Nodes.ForEach(n => n.WhenAwake(() => n.Step(new LeaseFreed())));
        _clients = new(this);
        _faults = new(this, _mix);
        foreach (var node in Nodes)
        {
            Schedule.In(Dice.Delay(200), () => node.Start());
        }
    }

    public Schedule Schedule { get; } = new();

    public Dice Dice { get; }

    public Observer Observer { get; }

    public SimNetwork Network { get; }

    public SimRedis Redis { get; }

    public List<SimNode> Nodes { get; }

    /// <summary>Every position that any client's write was given, lost ones too.</summary>
    public List<Position> Positions { get; } = [];

    public long Steps { get; private set; }

    public bool Calm { get; private set; }

    /// <summary>Equal for equal runs: depends on every step's time.</summary>
    public ulong Trace => _trace;

    /// <summary>What was violated in the world of that seed; null: nothing. A bug of the simulated world itself does not count.</summary>
    public static string? Judge(ulong seed, long steps)
    {
        try
        {
            var world = new World(seed);
            world.Run(steps);
            world.Converge();
            return null;
        }
        catch (Exception e) when (e is not NullReferenceException)
        {
            return e.Message;
        }
    }

    public void Run(long steps)
    {
        _clients.Begin();
        _faults.Begin();
        while (Steps < steps)
        {
            Schedule.RunNext();
        }
    }

    /// <summary>A leader was elected: some runs are out to get it at once.</summary>
    public void LeaderElected(SimNode node)
    {
        if (!Calm)
        {
            _faults.StrikeNewLeader(node);
        }
    }

    /// <summary>
    /// Invariant 11: when faults stop, a cluster with a majority of its disks alive has, within bounded time, one
    /// leader, equal logs, and an accepted write.
    /// </summary>
    public void Converge()
    {
        Calm = Network.Calm = Redis.Calm = true;
        Redis.Silent = _timing.Lease is { StepDownOnLoss: false } && Dice.Chance(0.25);
        Network.Heal();
        var deadline = Schedule.Now + TimeSpan.FromSeconds(60);
        foreach (var node in Nodes)
        {
            node.Thaw();
            if (!node.Runs)
            {
                node.Start();
            }

            node.SetLow(false);
        }

        var accepted = _clients.AcceptedWrites;
        while (_clients.AcceptedWrites < accepted + 3 || !IsSettled())
        {
            if (Schedule.Now > deadline && IsUndecided())
            {
                Observer.Looked("undecided damages");
                return;
            }

            if (Schedule.Now > deadline)
            {
                throw new ViolationException(11, $"no convergence: {string.Join("; ", Nodes.Select(Describe))}");
            }

            _clients.Quiet = _clients.AcceptedWrites >= accepted + 3;
            Schedule.RunNext();
        }
    }

    public ReplicaOptions OptionsOf(NodeName name) => _timing with
    {
        Name = name,
        Address = new($"http://{name}", $"http://{name}:9"),
    };

    public int NextProcess() => ++_processes;

    public void CountStep()
    {
        Steps++;
        _trace = (_trace ^ (ulong)Schedule.Now.Ticks) * 1099511628211;
    }

    public int FoundingVoters => _names.Count;

    public int MostInBatch => Calm ? 64 : _mix.Batch;

    public bool SaveFails() => !Calm && Dice.Chance(_mix.FailedSave);

    public TimeSpan SaveTime() => !Calm && Dice.Chance(_mix.SlowSave) ? Dice.Delay(800) : Dice.Delay(1);

    public void Exchange(SimNode from, NodeName to, Request request, Action<Response?> done)
    {
        var receiver = Nodes.Find(n => n.Name == to)!;
        Network.Exchange(from, receiver, answer => receiver.BeAsked(request, answer), done);
    }

    public long DigestEvery => _timing.DigestEvery;

    /// <summary>How much log there may be, in entries where the service counts bytes.</summary>
    public LogBounds BoundsAt(long applied) => new(
        Math.Max(0, applied - _mix.LogWindow), Math.Max(0, applied - _mix.LogLimit), Math.Max(0, applied - (4 * _mix.LogLimit)));

    public bool SnapshotFails() => !Calm && Dice.Chance(_mix.FailedSnapshot);

    /// <summary>What a receiver gets of another node's snapshot, if nothing is in the way.</summary>
    public SimSnapshot? FindSnapshot(NodeName from, SimNode receiver, Guid id)
    {
        var sender = Nodes.Find(n => n.Name == from)!;
        return sender.Runs && !Network.IsCut(from, receiver.Name) && !Network.IsCut(receiver.Name, from) ? sender.SnapshotOf(id) : null;
    }

    public void Probe(SimNode from, NodeName peer, Action refused)
    {
        if (!Nodes.Find(n => n.Name == peer)!.Runs && !Network.IsCut(from.Name, peer) && !Network.IsCut(peer, from.Name))
        {
            refused();
        }
    }

    /// <summary>
    /// No safety hangs on a timeout, so half of the worlds have timeouts under which elections overlap: a leader that
    /// stays long after its voters have turned to another.
    /// </summary>
    private ReplicaOptions DrawTiming()
    {
        var hasty = Dice.Chance(0.5);
        var standard = new ReplicaOptions { Name = _names[0], Address = new("", ""), Voters = _names };
        return standard with
        {
            ElectionSilence = hasty ? Dice.Milliseconds(250, 500) : standard.ElectionSilence,
            QuorumTimeout = hasty ? Dice.Milliseconds(500, 5000) : standard.QuorumTimeout,
            ReplaceAfter = Dice.Chance(0.8) ? Dice.Milliseconds(500, 5000) : null,
            DigestEvery = Dice.Pick([4, 16, 1024]),
            SnapshotPin = Dice.Milliseconds(500, 20_000),
            CampaignLimit = hasty ? Dice.Milliseconds(100, 1000) : standard.CampaignLimit,
            Lease = Dice.Chance(0.85) ? new LeaseRules { StepDownOnLoss = Dice.Chance(0.15) } : null,
        };
    }

    private bool IsSettled()
    {
        var leaders = Nodes.Where(n => n.Runs && n.View.Role == Role.Leader).ToList();
        return Nodes.TrueForAll(n => n.Runs)
            && leaders.Count == 1
            && leaders[0].View.Serving
            && Nodes.TrueForAll(n => n.View.Last == leaders[0].View.Last && n.Applied == leaders[0].View.Commit
                && n.Applied == n.View.Last.Index && n.State.Digest == leaders[0].State.Digest);
    }

    /// <summary>
    /// Damage without evidence, and no majority of the voters has one state, so nobody can say who is right: nobody does
    /// anything, and the leader says so (§9).
    /// </summary>
    private bool IsUndecided() =>
        Nodes.Exists(n => n.Disk is { Scarred: true, Marked: false })
        && Nodes.Find(n => n.Runs && n.View is { Role: Role.Leader, Disputed: not null }) is { View.Configuration: { } configuration }
        && Nodes.Where(n => configuration.Find(n.Name) is not null)
            .GroupBy(n => n.State.StateDigest).All(alike => alike.Count() < configuration.Majority);

    private static string Describe(SimNode node) => node.Runs
        ? $"{node} {node.View.Role} term {node.View.Term} last {node.View.Last} commit {node.View.Commit} applied {node.Applied} base {node.View.Base} {(node.Disk.Scarred ? "scarred " : "")}{node.View.Damaged} digest {node.State.Digest:x}"
            + $" lease {node.View.Lease} {node.View.Refusal}"
        : $"{node} is down";
}
