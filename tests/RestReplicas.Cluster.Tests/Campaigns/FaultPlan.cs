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

    /// <summary>One direction between two nodes.</summary>
    CutOneWay,
    CutBothWays,

    /// <summary>From both others, both ways.</summary>
    Isolate,

    /// <summary>It is heard, and hears nobody.</summary>
    Deafen,
    SlowLink,

    /// <summary>Restarted, it is empty.</summary>
    KillRedis,
    FreezeRedis,
    FlushRedis,
}

/// <param name="Node">Null: Redis, or all nodes.</param>
/// <param name="Other">The other end of a link.</param>
internal sealed record Fault(FaultKind Kind, TimeSpan At, TimeSpan Lasts, string? Node, string? Other, int Amount)
{
    public override string ToString() => $"{At.TotalSeconds,6:F1} s, for {Lasts.TotalSeconds:F1} s: {Kind} {Node} {Other}".TrimEnd();
}

/// <summary>Which faults strike when: all of it from the seed. Some kinds are off in a round, so that others show more.</summary>
internal static class FaultPlan
{
    public static IReadOnlyList<Fault> Draw(int seed, TimeSpan span, IReadOnlyList<string> nodes, bool clocks)
    {
        var random = new Random(seed);
        var kinds = Enum.GetValues<FaultKind>().Where(k => random.Next(100) < 60 && (clocks || k != FaultKind.MoveClock)).ToList();
        if (kinds.Count == 0)
        {
            kinds.Add(FaultKind.Kill);
        }

        var plan = new List<Fault>();
        var lanes = random.Next(1, 4);
        for (var lane = 0; lane < lanes; lane++)
        {
            for (var at = TimeSpan.FromSeconds(random.NextDouble()); at < span; at += TimeSpan.FromSeconds(random.NextDouble() * 1.2))
            {
                var kind = kinds[random.Next(kinds.Count)];
                var pair = nodes.OrderBy(_ => random.Next()).Take(2).ToArray();
                var lasts = kind == FaultKind.FlushRedis ? TimeSpan.Zero : TimeSpan.FromSeconds(0.1 + (Math.Pow(random.NextDouble(), 2) * 4));
                var fault = new Fault(
                    kind,
                    at,
                    lasts,
                    kind is FaultKind.KillAll or FaultKind.KillRedis or FaultKind.FreezeRedis or FaultKind.FlushRedis ? null : pair[0],
                    kind is FaultKind.CutOneWay or FaultKind.CutBothWays or FaultKind.SlowLink ? pair[1] : null,
                    random.Next(1, 200));
                if (plan.TrueForAll(other => !Clash(fault, other)))
                {
                    plan.Add(fault);
                    at += lasts;
                }
            }
        }

        return [.. plan.OrderBy(f => f.At)];
    }

    /// <summary>Two at once on the same process or link: the end of one would end the other.</summary>
    private static bool Clash(Fault a, Fault b)
    {
        var margin = TimeSpan.FromSeconds(0.3);
        return a.At <= b.At + b.Lasts + margin && b.At <= a.At + a.Lasts + margin && Place(a) == Place(b) && (Place(a) != "link" || Meet(a, b))
            && (Place(a) != "node" || a.Node is null || b.Node is null || a.Node == b.Node);
    }

    private static bool Meet(Fault a, Fault b) =>
        a.Other is null || b.Other is null || new HashSet<string?> { a.Node, a.Other }.SetEquals([b.Node, b.Other]);

    private static string Place(Fault fault) => fault.Kind switch
    {
        FaultKind.KillRedis or FaultKind.FreezeRedis or FaultKind.FlushRedis => "redis",
        FaultKind.Kill or FaultKind.KillAll or FaultKind.Terminate or FaultKind.Freeze or FaultKind.MoveClock => "node",
        _ => "link",
    };
}
