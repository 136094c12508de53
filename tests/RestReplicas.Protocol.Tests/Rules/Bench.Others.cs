namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>
/// Others that answer by themselves, for rules that take their time. A disk remembers how far it holds the log of n1;
/// the voters' first disks hold all of it from the start.
/// </summary>
internal sealed partial class Bench
{
    private readonly Dictionary<int, long> _held = [];

    /// <summary>The disks of those whose first one was lost.</summary>
    public Dictionary<int, int> Disks { get; } = [];

    /// <summary>Who answers nothing.</summary>
    public HashSet<int> Silent { get; } = [];

    /// <summary>Who answers heartbeats, and fails every batch.</summary>
    public HashSet<int> Stalled { get; } = [];

    /// <summary>
    /// Time passes while everything that the last step or one from now on asks for is done at once: by the others, by
    /// Redis and by the disk. Returns all effects but those of that last step.
    /// </summary>
    public List<Effect> Live(int milliseconds)
    {
        var all = CarryAll(Effects);
        for (var passed = 0; passed < milliseconds; passed += 10)
        {
            Sleep(10);
            var ticked = Tick();
            all.AddRange([.. ticked, .. CarryAll(ticked)]);
        }

        return all;
    }

    /// <summary>A new node says where it is, and is fed until it has everything.</summary>
    public void Join(int number, int? disk = null)
    {
        if (disk is { } other)
        {
            Disks[number] = other;
        }

        Ask(Peers.Announce(number, disk: disk));
        Live(200);
    }

    public FollowerView? Follower(int number) => View.Followers.SingleOrDefault(f => f.Name == Peers.Name(number));

    /// <summary>What comes of carrying these out, and of carrying that out.</summary>
    private List<Effect> CarryAll(List<Effect> effects)
    {
        List<Effect> all = [];
        var open = new Queue<Effect>(effects);
        while (open.TryDequeue(out var effect))
        {
            var more = Carry(effect) ?? [];
            all.AddRange(more);
            more.ForEach(open.Enqueue);
        }

        return all;
    }

    private List<Effect>? Carry(Effect effect) => effect switch
    {
        Save save => Step(new Saved(save.Ticket)),
        Apply apply when apply.Through > View.Applied => Apply(apply.Through),
        LeaseCall.Renew => Step(Granted()),
        Send { Request: AppendRequest } send when !Silent.Contains(Peers.Number(send.To)) => Take(send),
        _ => null,
    };

    private List<Effect> Take(Send send)
    {
        var number = Peers.Number(send.To);
        var disk = Disks.GetValueOrDefault(number, number);
        var held = _held.GetValueOrDefault(disk, Configuration.Names(send.To, Peers.Disk(disk)) ? long.MaxValue : 0);
        if (send.IsBatch && Stalled.Contains(number))
        {
            return Step(new Unanswered(send.To, send.Sequence));
        }

        if (((AppendRequest)send.Request).Previous.Index > held)
        {
            return Answer(send, Peers.Mismatch(number, send, Now, Position.Zero, disk));
        }

        _held[disk] = Math.Max(held, send.Through);
        return Answer(send, Peers.Matched(number, send, Now, disk));
    }
}
