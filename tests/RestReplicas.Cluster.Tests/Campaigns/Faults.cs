using System.Collections.Concurrent;

namespace RestReplicas.Cluster.Tests.Campaigns;

/// <param name="Fault">With the node that it hit.</param>
internal sealed record Strike(Fault Fault, TimeSpan Began, TimeSpan Ended)
{
    public override string ToString() => $"[{Began.TotalSeconds:F4} - {Ended.TotalSeconds:F4}] {Fault.Kind} {Fault.Node} {Fault.Other}".TrimEnd();
}

/// <summary>Carries a plan out, and undoes all of it. What each fault does is in the other file.</summary>
internal sealed partial class Faults(TestCluster cluster, Func<TimeSpan> clock)
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(60);

    /// <summary>One fault at a time in each place, in the order of its strikes: where one took longer, the next waits.</summary>
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _places = new();

    /// <summary>When a node's disk was wiped.</summary>
    private readonly ConcurrentDictionary<string, TimeSpan> _wiped = new();

    public ConcurrentQueue<Strike> Struck { get; } = [];

    /// <summary>Whether nobody else may have had what this node took then.</summary>
    public bool MayBeGone(string? node, TimeSpan sent) => node is not null && _wiped.TryGetValue(node, out var at) && sent < at;

    /// <summary>Those that can strike this cluster, those left out that no replica is expected to bear yet.</summary>
    public static IReadOnlyList<FaultKind> Possible(Ground ground, bool clocks) =>
    [
        .. Enum.GetValues<FaultKind>().Where(kind => kind switch
        {
            FaultKind.MoveClock => clocks,
            FaultKind.PullCable => ground.Spaces is not null,
            FaultKind.HangDisk or FaultKind.FullDisk => ground.Disks is not null,
            FaultKind.FailSync => false,
            _ => true,
        }),
    ];

    public Task Strike(IReadOnlyList<Fault> plan) => Task.WhenAll(plan.Select(async planned =>
    {
        await Task.Delay(planned.At);
        var fault = planned.Node == Fault.Leader ? planned with { Node = await Leader(planned.Amount) } : planned;
        var places = Places(fault).Order(StringComparer.Ordinal).Select(p => _places.GetOrAdd(p, _ => new(1))).ToList();
        foreach (var place in places)
        {
            await place.WaitAsync();
        }

        var began = clock();
        try
        {
            if (await Begin(fault) is { } undo)
            {
                await Task.Delay(fault.Lasts);
                await undo();
            }
        }
        finally
        {
            Struck.Enqueue(new(fault, began, clock()));
            places.ForEach(p => p.Release());
        }
    }));

    /// <summary>Who leads now, or anybody.</summary>
    private async Task<string> Leader(int otherwise)
    {
        var leads = await Task.WhenAll(cluster.Nodes.Select(n => n.Leads()));
        return cluster.Nodes[leads.Contains(true) ? Array.IndexOf(leads, true) : otherwise % cluster.Nodes.Count].Name;
    }

    /// <summary>One that ended by itself has something to say.</summary>
    private static void MustRun(ReplicaProcess node) =>
        Assert.True(node.Runs, $"{node.Name} ended by itself{(node.Process.Ended ? $", exit code {node.Process.ExitCode}" : "")}:\n{string.Join('\n', node.Process.Output.TakeLast(30))}");

    private IEnumerable<string> Places(Fault fault) => fault.Kind switch
    {
        FaultKind.KillRedis or FaultKind.FreezeRedis or FaultKind.FlushRedis or FaultKind.RestoreRedis => ["redis"],
        FaultKind.Transfer => ["leadership"],
        FaultKind.PullCable => [$"cable of {fault.Node}"],
        FaultKind.KillAll => cluster.Nodes.Select(n => n.Name),
        FaultKind.CutOneWay or FaultKind.CutBothWays or FaultKind.Isolate or FaultKind.Deafen or FaultKind.SlowLink or FaultKind.LossyLink =>
            Links(fault).Select(l => string.CompareOrdinal(l.From, l.To) < 0 ? $"{l.From}-{l.To}" : $"{l.To}-{l.From}").Distinct(),
        _ => [fault.Node!],
    };

    private IEnumerable<(string From, string To)> Links(Fault fault)
    {
        var node = fault.Node!;
        string[] others = fault.Other is { } one ? [one] : [.. cluster.Nodes.Select(n => n.Name).Where(n => n != node)];
        return fault.Kind switch
        {
            FaultKind.CutOneWay or FaultKind.SlowLink => [(node, others[0])],
            FaultKind.Deafen => others.Select(o => (o, node)),
            _ => others.SelectMany(o => new[] { (node, o), (o, node) }),
        };
    }
}
