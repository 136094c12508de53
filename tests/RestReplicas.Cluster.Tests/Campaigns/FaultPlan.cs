namespace RestReplicas.Cluster.Tests.Campaigns;

internal enum FaultKind
{
    /// <summary>kill -9, and a start after a while.</summary>
    Kill,
    KillAll,

    /// <summary>SIGTERM: a leader hands over first.</summary>
    Terminate,
    Freeze,

    /// <summary>kill -9, and a start with a wall clock that is hours off.</summary>
    MoveClock,

    /// <summary>POST /cluster/transfer.</summary>
    Transfer,

    /// <summary>One direction between two nodes.</summary>
    CutOneWay,
    CutBothWays,

    /// <summary>From both others, both ways. Clients still reach it.</summary>
    Isolate,

    /// <summary>It is heard, and hears nobody.</summary>
    Deafen,

    /// <summary>From everybody, clients and Redis included: its interface is down.</summary>
    PullCable,
    SlowLink,
    LossyLink,

    /// <summary>Restarted, it is empty.</summary>
    KillRedis,
    FreezeRedis,
    FlushRedis,

    /// <summary>Restarted from an old file: an old lease is held again.</summary>
    RestoreRedis,

    /// <summary>kill -9, and a start with an empty data directory.</summary>
    WipeDisk,

    /// <summary>Writes and syncs wait, for longer than a save may take sometimes.</summary>
    HangDisk,
    FullDisk,
    FailSync,
}

/// <param name="Node">Null: Redis, or all nodes; <see cref="Leader"/>: who leads when it strikes.</param>
/// <param name="Other">The other end of a link.</param>
internal sealed record Fault(FaultKind Kind, TimeSpan At, TimeSpan Lasts, string? Node, string? Other, int Amount)
{
    public const string Leader = "leader";

    public override string ToString() => $"{At.TotalSeconds,6:F1} s, for {Lasts.TotalSeconds:F1} s: {Kind} {Node} {Other}".TrimEnd();
}

/// <summary>Which faults strike when: all of it from the seed. Some kinds are off in a round, so that others show more.</summary>
internal static class FaultPlan
{
    private const int PercentOn = 60;
    private const int PercentAtLeader = 40;

    /// <summary>At most, between two of a lane: clients must get something done, or there is nothing to check.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <param name="possible">On this machine.</param>
    public static IReadOnlyList<Fault> Draw(int seed, TimeSpan span, IReadOnlyList<string> nodes, IReadOnlyCollection<FaultKind> possible)
    {
        var random = new Random(seed);
        var kinds = possible.Order().Where(_ => random.Next(100) < PercentOn).ToList();
        if (kinds.Count == 0)
        {
            kinds.Add(possible.Min());
        }

        var plan = new List<Fault>();
        var lanes = random.Next(1, 4);
        for (var lane = 0; lane < lanes; lane++)
        {
            for (var at = TimeSpan.FromSeconds(random.NextDouble()); at < span; at += Pause * random.NextDouble())
            {
                var kind = kinds[random.Next(kinds.Count)];
                var pair = nodes.OrderBy(_ => random.Next()).Take(2).ToArray();
                var atLeader = random.Next(100) < PercentAtLeader;
                var lasts = kind is FaultKind.FlushRedis or FaultKind.Transfer ? TimeSpan.Zero : TimeSpan.FromSeconds(0.1 + (Math.Pow(random.NextDouble(), 2) * 4));
                var (onLink, onNobody) = (
                    kind is FaultKind.CutOneWay or FaultKind.CutBothWays or FaultKind.SlowLink or FaultKind.LossyLink,
                    kind is FaultKind.KillAll or FaultKind.KillRedis or FaultKind.FreezeRedis or FaultKind.FlushRedis or FaultKind.RestoreRedis or FaultKind.Transfer);
                var node = onNobody ? null : atLeader && !onLink ? Fault.Leader : pair[0];
                var fault = new Fault(kind, at, lasts, node, onLink ? pair[1] : null, random.Next(1, 200));
                if (plan.TrueForAll(other => !Clash(fault, other)))
                {
                    plan.Add(fault);
                    at += lasts;
                }
            }
        }

        return [.. plan.OrderBy(f => f.At)];
    }

    /// <summary>
    /// Two at once on the same process or link: the end of one would end the other. And of the disks a majority must
    /// survive: the next one is not wiped before the last one has its vote back, which is at the end of the round.
    /// </summary>
    private static bool Clash(Fault a, Fault b)
    {
        if (a.Kind == FaultKind.WipeDisk && b.Kind == FaultKind.WipeDisk)
        {
            return true;
        }

        var margin = TimeSpan.FromSeconds(0.3);
        return a.At <= b.At + b.Lasts + margin && b.At <= a.At + a.Lasts + margin && Place(a) == Place(b) && (Place(a) != "link" || Meet(a, b))
            && (Place(a) is not ("node" or "cable") || a.Node is null || b.Node is null || a.Node == b.Node);
    }

    private static bool Meet(Fault a, Fault b) =>
        a.Other is null || b.Other is null || new HashSet<string?> { a.Node, a.Other }.SetEquals([b.Node, b.Other]);

    private static string Place(Fault fault) => fault.Kind switch
    {
        FaultKind.KillRedis or FaultKind.FreezeRedis or FaultKind.FlushRedis or FaultKind.RestoreRedis => "redis",
        FaultKind.CutOneWay or FaultKind.CutBothWays or FaultKind.Isolate or FaultKind.Deafen or FaultKind.SlowLink or FaultKind.LossyLink => "link",
        FaultKind.PullCable => "cable",
        FaultKind.Transfer => "leadership",
        _ => "node",
    };
}
