using System.Collections.Concurrent;

namespace RestReplicas.Cluster.Tests.Campaigns;

/// <summary>Carries a plan out, and undoes all of it.</summary>
internal sealed class Faults(TestCluster cluster)
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(20);

    /// <summary>One fault at a time in each place, in the order of its strikes: where one took longer, the next waits.</summary>
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _places = new();

    public Task Strike(IReadOnlyList<Fault> plan) => Task.WhenAll(plan.Select(async fault =>
    {
        await Task.Delay(fault.At);
        var places = Places(fault).Order(StringComparer.Ordinal).Select(p => _places.GetOrAdd(p, _ => new(1))).ToList();
        foreach (var place in places)
        {
            await place.WaitAsync();
        }

        try
        {
            foreach (var undo in await Strike(fault))
            {
                await Task.Delay(fault.Lasts);
                await undo();
            }
        }
        finally
        {
            places.ForEach(p => p.Release());
        }
    }));

    /// <returns>How to undo it, if there is something to undo.</returns>
    private async Task<IReadOnlyList<Func<Task>>> Strike(Fault fault)
    {
        var node = cluster.Nodes.FirstOrDefault(n => n.Name == fault.Node);
        var redis = cluster.Redis[fault.Amount % cluster.Redis.Count];
        switch (fault.Kind)
        {
            case FaultKind.Kill or FaultKind.MoveClock:
                MustRun(node!);
                await node!.Kill();
                if (fault.Kind == FaultKind.MoveClock)
                {
                    WallClock.Set(node, TimeSpan.FromHours((fault.Amount % 13) - 6));
                }

                return [Now(node.Start)];

            case FaultKind.KillAll:
                foreach (var each in cluster.Nodes)
                {
                    MustRun(each);
                }

                await Task.WhenAll(cluster.Nodes.Select(n => n.Kill()));
                return [Now(() => cluster.Nodes.ToList().ForEach(n => n.Start()))];

            case FaultKind.Terminate:
                MustRun(node!);
                node!.Process.Signal(Posix.SigTerm);
                await node.Process.WaitForExit(ExitLimit);
                return [Now(node.Start)];

            case FaultKind.Freeze:
                MustRun(node!);
                node!.Process.Freeze();
                return [Now(node.Process.Thaw)];

            case FaultKind.KillRedis:
                await redis.Process.Kill();
                return [redis.Start];

            case FaultKind.FreezeRedis:
                redis.Process.Freeze();
                return [Now(redis.Process.Thaw)];

            case FaultKind.FlushRedis:
                await redis.Ask("FLUSHALL");
                return [];

            default:
                var links = Links(fault).ToList();
                var slow = fault.Kind == FaultKind.SlowLink;
                links.ForEach(l => Change(l, cut: !slow, delay: slow ? TimeSpan.FromMilliseconds(fault.Amount) : TimeSpan.Zero));
                return [Now(() => links.ForEach(l => Change(l, cut: false, delay: TimeSpan.Zero)))];
        }
    }

    /// <summary>One that ended by itself has something to say.</summary>
    private static void MustRun(ReplicaProcess node) =>
        Assert.True(node.Runs, $"{node.Name} ended by itself:\n{string.Join('\n', node.Process.Output.TakeLast(30))}");

    private IEnumerable<string> Places(Fault fault) => fault.Kind switch
    {
        FaultKind.KillRedis or FaultKind.FreezeRedis or FaultKind.FlushRedis => ["redis"],
        FaultKind.Kill or FaultKind.Terminate or FaultKind.Freeze or FaultKind.MoveClock => [fault.Node!],
        FaultKind.KillAll => cluster.Nodes.Select(n => n.Name),
        _ => Links(fault).Select(l => string.CompareOrdinal(l.From, l.To) < 0 ? $"{l.From}-{l.To}" : $"{l.To}-{l.From}").Distinct(),
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

    private void Change((string From, string To) link, bool cut, TimeSpan delay)
    {
        cluster.Network.Slow(link.From, link.To, delay);
        if (cut)
        {
            cluster.Network.Cut(link.From, link.To);
        }
        else
        {
            cluster.Network.Mend(link.From, link.To);
        }
    }

    private static Func<Task> Now(Action undo) => () =>
    {
        undo();
        return Task.CompletedTask;
    };
}
