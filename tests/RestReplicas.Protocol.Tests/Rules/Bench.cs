namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>
/// One replica, n1, on a bench. A test feeds it inputs by hand and looks at the effects; n2, n3, Redis and the disk are
/// whatever the test says they answer. Time passes only when a test lets it.
/// </summary>
internal sealed partial class Bench
{
    public static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(1000);
    public static readonly ClusterId Cluster = new(new(9, 0, 0, new byte[8]));
    public static readonly NodeName Self = Peers.Name(1);

    private readonly Replica _replica;
    private readonly List<Send> _sent = [];
    private long _correlation;
    private long _ticket;
    private LeaseCall? _lastCall;
    private int _tokens;

    /// <param name="terms">The term of every entry in the log; the first is the configuration. None: an empty disk.</param>
    /// <param name="applied">Default: everything but a configuration of its own.</param>
    /// <param name="silentFor">How long ago this process started: voters that just started usurp nobody.</param>
    /// <param name="configured">The configuration at index 1, if it is not simply n1, n2, … with their disks.</param>
    public Bench(
        long[]? terms = null,
        long? term = null,
        long applied = 0,
        int? votedFor = null,
        int voters = 3,
        bool saveFailed = false,
        bool named = true,
        ulong seed = 1,
        int silentFor = 0,
        Func<ReplicaOptions, ReplicaOptions>? with = null,
        Func<Configuration, Configuration>? configured = null)
    {
        terms ??= [];
        var log = new LogShape();
        foreach (var t in terms)
        {
            log.Append(new(new(t), log.LastIndex + 1));
        }

        var names = Enumerable.Range(1, voters).Select(Peers.Name).ToList();
        Options = new() { Name = Self, Address = new("http://n1", "http://n1:9"), Voters = names };
        Options = with?.Invoke(Options) ?? Options;
        Configuration = new(Cluster, [.. names.Select((n, i) => new Voter(n, named || i > 0 ? Peers.Disk(i + 1) : Peers.Disk(99)))]);
        Configuration = configured?.Invoke(Configuration) ?? Configuration;
        Now = new(TimeSpan.FromSeconds(100), 1_800_000_000_000);
        _replica = new(
            Options,
            new()
            {
                Disk = Peers.Disk(1),
                Cluster = terms.Length > 0 ? Cluster : null,
                Term = new(term ?? terms.LastOrDefault()),
                VotedFor = votedFor is { } vote ? Peers.Disk(vote) : null,
                Log = log,
                Configurations = terms.Length > 0 ? [(1, Configuration)] : [],
                Applied = applied,
                LastTimestamp = 0,
                Nonce = 77,
                Seed = seed,
                Fresh = new(new(7, 0, 0, new byte[8])),
                SaveFailed = saveFailed,
            },
            Now);
        Sleep(silentFor);
    }

    public ReplicaOptions Options { get; }

    public Configuration Configuration { get; }

    public Moment Now { get; private set; }

    public ReplicaView View => _replica.View;

    /// <summary>What the last <see cref="Step"/> asked of the world.</summary>
    public List<Effect> Effects { get; private set; } = [];

    public List<Effect> Step(Input input)
    {
        Effects = [.. _replica.Step(input, Now)];
        _sent.AddRange(Effects.OfType<Send>());
        _lastCall = Effects.OfType<LeaseCall>().LastOrDefault(c => c is not LeaseCall.Release) ?? _lastCall;
        _ticket = Effects.OfType<Save>().LastOrDefault()?.Ticket ?? _ticket;
        return Effects;
    }

    public List<Effect> Tick() => Step(Protocol.Tick.Now);

    /// <summary>The process does not run, or finds nothing to do: only its clocks go on.</summary>
    public void Sleep(int milliseconds) =>
        Now = new(Now.Clock + TimeSpan.FromMilliseconds(milliseconds), Now.Wall + milliseconds);

    public void SetWall(long wall) => Now = Now with { Wall = wall };

    /// <summary>Time passes with a tick every 10 ms; returns all effects of those ticks.</summary>
    public List<Effect> Pass(int milliseconds)
    {
        List<Effect> all = [];
        for (var passed = 0; passed < milliseconds; passed += 10)
        {
            Sleep(10);
            all.AddRange(Tick());
        }

        return all;
    }

    /// <summary>How many milliseconds pass until a tick has such an effect; fails after ten seconds.</summary>
    public int PassUntil<T>() => PassUntil(e => e is T);

    public int PassUntil(Func<Effect, bool> awaited)
    {
        for (var passed = 0; passed <= 10_000; passed += 10)
        {
            if (Pass(10).Any(awaited))
            {
                return passed + 10;
            }
        }

        throw new InvalidOperationException("not within ten seconds");
    }

    /// <summary>A peer asks; the answer if it comes at once, else null.</summary>
    public Response? Ask(Request request) => Reply(Step(new Asked(++_correlation, request)), _correlation);

    /// <summary>The answer to the last question, if it is among the last step's effects.</summary>
    public Response? Reply() => Reply(Effects, _correlation);

    public long LastQuestion => _correlation;

    public static Response? Reply(IEnumerable<Effect> effects, long correlation) =>
        effects.OfType<Reply>().SingleOrDefault(r => r.Correlation == correlation)?.Response;

    /// <summary>All saves asked for so far are done.</summary>
    public List<Effect> Save() => Step(new Saved(_ticket));

    public List<Effect> Apply(long index) => Step(new Applied(index));

    public Send LastSent(int to) => _sent.FindLast(s => s.To == Peers.Name(to))
        ?? throw new InvalidOperationException($"nothing was sent to n{to}");

    public Send LastBatch(int to) => _sent.FindLast(s => s.To == Peers.Name(to) && s.IsBatch)
        ?? throw new InvalidOperationException($"no batch was sent to n{to}");

    public Send LastHeartbeat(int to) => _sent.FindLast(s => s.To == Peers.Name(to) && s is { IsBatch: false, Request: AppendRequest })
        ?? throw new InvalidOperationException($"no heartbeat was sent to n{to}");

    public List<Effect> Answer(Send send, Response response) => Step(new Answered(send.To, send.Sequence, response));

    /// <summary>The lease is there for the taking: from hearing nobody to asking for pre-votes.</summary>
    public void Stand()
    {
        if (Options.Lease is null)
        {
            PassUntil(Peers.AsksForVote);
            return;
        }

        if (!Tick().OfType<LeaseCall.Acquire>().Any())
        {
            PassUntil<LeaseCall.Acquire>();
        }

        Step(Granted());
    }

    /// <summary>Redis says yes: to a renewal with the same token, else with the next one (t1, t2, …).</summary>
    public LeaseAnswer.Granted Granted() => new(
        _lastCall is LeaseCall.Renew renew ? renew.Token : $"t{++_tokens}",
        Now.Clock + TimeSpan.FromSeconds(5));

    /// <summary>Everybody else grants what was asked last.</summary>
    public void AllGrant(Func<VoteResponse, VoteResponse>? with = null)
    {
        foreach (var voter in Configuration.Voters.Skip(1))
        {
            var send = _sent.FindLast(s => s.To == voter.Name && s.Request is VoteRequest)!;
            var grant = Peers.Grant(Peers.Number(voter.Name), send, Now.Wall);
            Answer(send, with?.Invoke(grant) ?? grant);
        }
    }

    /// <summary>Leads, and its first entry is neither saved nor sent on.</summary>
    public void Elect()
    {
        Stand();
        AllGrant();
        Save();
        AllGrant();
        Assert.Equal(Role.Leader, View.Role);
    }

    /// <summary>Leads, and everybody has its noop, which is applied: it takes writes.</summary>
    public void Serve()
    {
        Elect();
        Save();
        AllMatch();
        Apply(View.Last.Index);
        Assert.True(View.Serving);
    }

    /// <summary>Everybody else says that the last batch is on its disk.</summary>
    public void AllMatch()
    {
        foreach (var follower in Enumerable.Range(2, Configuration.Voters.Count - 1))
        {
            Match(follower, LastBatch(follower));
        }
    }

    public List<Effect> Match(int follower, Send send) => Answer(send, Peers.Matched(follower, send, Now));

    /// <summary>Time passes while everybody else answers each heartbeat at once.</summary>
    public List<Effect> PassAsLeader(int milliseconds)
    {
        List<Effect> all = [];
        for (var passed = 0; passed < milliseconds; passed += 10)
        {
            all.AddRange(Pass(10));
            AllHear();
        }

        return all;
    }

    /// <summary>Everybody else answers the heartbeats of the last step, if it had any.</summary>
    public void AllHear()
    {
        foreach (var send in Effects.OfType<Send>().Where(s => s is { IsBatch: false, Request: AppendRequest }).ToList())
        {
            Match(Peers.Number(send.To), send);
        }
    }

    /// <summary>Proposes that many commands at once; where the first of them stands.</summary>
    public Position Propose(int count = 1) =>
        Step(new Propose([.. Enumerable.Repeat<ReadOnlyMemory<byte>>(new byte[] { 1 }, count)]))
            .OfType<Proposed>().Single().First;

    /// <summary>A heartbeat of n2 in this replica's term.</summary>
    public Response? Hear(string? token = null) => Ask(Peers.Heartbeat(2, View.Term.Value, token: token));
}
