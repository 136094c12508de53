using System.Globalization;
using RestReplicas.Protocol.Tests.Simulation;
using RestReplicas.Protocol.Tests.Simulation.Checks;

namespace RestReplicas.Protocol.Tests.Scenarios;

/// <summary>
/// Replicas, their disks, the network and Redis, at the command of a story. Nothing here is left to chance: messages
/// arrive at once and in order unless the story cuts, freezes or stops somebody.
/// </summary>
internal sealed partial class Stage
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan SendLimit = TimeSpan.FromMilliseconds(400);

    private static readonly NodeName RedisServer = new("redis");

    private readonly Schedule _clock = new();
    private readonly Dice _dice = new(1);
    private readonly Observer _observer;
    private readonly SimRedis _redis;
    private readonly List<Actor> _actors = [];
    private readonly List<NodeName> _voters = [];
    private readonly List<Letter> _letters = [];
    private readonly List<Exchange> _open = [];
    private readonly HashSet<(NodeName From, NodeName To)> _cuts = [];
    private readonly List<string> _lines = [];
    private LeaseRules? _lease = new();
    private long _reads;

    public Stage()
    {
        _observer = new(_clock);
        _redis = new(_clock, _dice, new()) { Calm = true };
        _redis.Freed += () => _actors.ForEach(a => Post(RedisServer, a, () => Step(a, new LeaseFreed())));
    }

    private Moment Now => new(_clock.Now, 1_800_000_000_000 + (long)_clock.Now.TotalMilliseconds);

    /// <summary>What comes of one command.</summary>
    public IReadOnlyList<string> Play(string command)
    {
        _lines.Clear();
        _actors.ForEach(a => a.Told.Clear());
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Play(words[0], words[1..]);
        return [.. _lines];
    }

    private void Play(string verb, string[] words)
    {
        switch (verb)
        {
            case "founded": Found(words); break;
            case "cluster": Add(words); _voters.AddRange(words.Select(w => new NodeName(w))); break;
            case "learner": Add(words); break;
            case "redis": Redis(words[0]); break;
            case "start": Array.ForEach(words, w => Start(Find(w))); break;
            case "stop": Array.ForEach(words, w => Stop(Find(w))); break;
            case "wipe": Find(words[0]).Disk = new(new(_dice.Id())); break;
            case "freeze": Find(words[0]).Frozen = true; break;
            case "thaw": Find(words[0]).Frozen = false; break;
            case "disk": Find(words[0]).DiskHolds = words[1] == "holds"; break;
            case "cut": _cuts.UnionWith([(new(words[0]), new(words[1])), (new(words[1]), new(words[0]))]); break;
            case "heal": _cuts.Clear(); break;
            case "settle": Settle(); break;
            case "run": Run(int.Parse(words[0].Replace("ms", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)); break;
            case "write": Write(Find(words[0]), words.Length > 1 ? int.Parse(words[1], CultureInfo.InvariantCulture) : 1); break;
            case "read": Step(Find(words[0]), new Read(++_reads)); break;
            case "transfer": Step(Find(words[0]), new TransferLeadership(words.Length > 1 ? new(words[1]) : null)); break;
            case "voter": Step(Find(words[0]), new ChangeVoters(new(words[1]), Votes: true)); break;
            case "remove": Step(Find(words[0]), new ChangeVoters(new(words[1]), Votes: false)); break;
            case "status": _actors.ForEach(Describe); break;
            default: throw new InvalidOperationException($"a story has no command {verb}");
        }
    }

    /// <summary>These voters, founded some time ago, with n1 leading; how that goes is a story of its own.</summary>
    private void Found(string[] names)
    {
        Play("cluster", names);
        Play("start", names);
        Run(1500);
        _lines.Clear();
    }

    private void Add(string[] names) => Array.ForEach(names, n => _actors.Add(new(new(n), new(new(_dice.Id())))));

    private void Redis(string state)
    {
        switch (state)
        {
            case "none": _lease = null; break;
            case "strict": _lease = new() { StepDownOnLoss = true }; break;
            case "flushed": _redis.Forget(); break;
            default: _redis.Silent = state == "silent"; break;
        }
    }

    private Actor Find(string name) => _actors.Single(a => a.Name.Value == name);

    private void Write(Actor actor, int count) =>
        Step(actor, new Propose([.. Enumerable.Range(0, count).Select(i => new SimCommand(1, i, 0, -1).Encode())]));

    private void Start(Actor actor) => actor.Start(new(
        new()
        {
            Name = actor.Name,
            Address = new($"http://{actor.Name}", $"http://{actor.Name}:9"),
            Voters = _voters,
            Lease = _lease,
        },
        actor.Disk.Boot(_dice, saveFailed: false),
        Now));

    private void Stop(Actor actor)
    {
        actor.Stop();
        _open.RemoveAll(e => e.From == actor);
    }

    private void Run(int milliseconds)
    {
        for (var end = _clock.Now + TimeSpan.FromMilliseconds(milliseconds); _clock.Now < end;)
        {
            _clock.In(TickEvery, () => { });
            _clock.RunNext();
            _open.FindAll(e => _clock.Now - e.SentAt >= SendLimit).ForEach(GiveUp);
            _actors.ForEach(a => Step(a, Tick.Now));
            Settle();
        }
    }

    /// <summary>Until nobody has anything to do: letters, then disks.</summary>
    private void Settle()
    {
        while (Deliver() || _actors.Exists(a => a.Acts && (SaveSome(a) || ApplySome(a))))
        {
        }
    }

    private bool Deliver()
    {
        var at = _letters.FindIndex(l => !l.To.Frozen);
        if (at < 0)
        {
            return false;
        }

        var letter = _letters[at];
        _letters.RemoveAt(at);
        if (letter.Process == letter.To.Process && !_cuts.Contains((letter.From, letter.To.Name)))
        {
            letter.Deliver();
        }

        return true;
    }

    private bool SaveSome(Actor actor)
    {
        if (actor.DiskHolds || actor.Disk.Asked.Count == 0)
        {
            return false;
        }

        var ticket = 0L;
        while (actor.Disk.Asked.TryDequeue(out var save))
        {
            actor.Disk.Write(save, _observer);
            ticket = save.Ticket;
        }

        Step(actor, new Saved(ticket));
        return true;
    }

    private bool ApplySome(Actor actor)
    {
        if (actor.ApplyThrough <= actor.Disk.Applied)
        {
            return false;
        }

        actor.Disk.Applied = actor.ApplyThrough;
        Step(actor, new Applied(actor.ApplyThrough));
        return true;
    }

    private void Describe(Actor actor)
    {
        var view = actor.Replica?.View;
        Say(actor, view is null ? "is stopped"
            : $"{view.Role}, term {view.Term}, log ends at {view.Last}, saved {view.Saved}, commit {view.Commit}, applied {view.Applied}"
                + (view.Leader is { } leader ? $", follows {leader}".Replace($"follows {actor.Name}", "leads", StringComparison.Ordinal) : "")
                + (view.Lease.State == LeaseState.Failsafe ? ", failsafe" : "")
                + (view.Refusal is { } refusal ? $" ({refusal})" : ""));
    }

    /// <summary>What a node tries again and again is told once in a command, until its role changes.</summary>
    private void Say(Actor actor, string what)
    {
        if (actor.Told.Add(what))
        {
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{_clock.Now.TotalMilliseconds,5:0} {actor.Name} {what}"));
        }
    }

    private void Post(NodeName from, Actor to, Action deliver) => _letters.Add(new(from, to, to.Process, deliver));

    private sealed record Letter(NodeName From, Actor To, int Process, Action Deliver);

    private sealed record Exchange(Actor From, NodeName To, long Sequence, bool IsBatch, TimeSpan SentAt);
}
