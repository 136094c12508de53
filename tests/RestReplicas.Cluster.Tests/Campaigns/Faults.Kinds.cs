namespace RestReplicas.Cluster.Tests.Campaigns;

internal sealed partial class Faults
{
    /// <returns>How to undo it; null: there is nothing to undo.</returns>
    private async Task<Func<Task>?> Begin(Fault fault)
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

                return Now(node.Start);

            case FaultKind.WipeDisk:
                MustRun(node!);
                await node!.Kill();
                _wiped[node.Name] = clock();
                Directory.Delete(node.Settings["Node__DataDirectory"]!, recursive: true);

                // Until it is back in place: from nothing, nobody starts on a disk that is full.
                return async () =>
                {
                    node.Start();
                    await node.WaitUntilLive();
                };

            case FaultKind.KillAll:
                foreach (var each in cluster.Nodes)
                {
                    MustRun(each);
                }

                await Task.WhenAll(cluster.Nodes.Select(n => n.Kill()));
                return Now(() => cluster.Nodes.ToList().ForEach(n => n.Start()));

            case FaultKind.Terminate:
                MustRun(node!);
                node!.Process.Signal(Posix.SigTerm);
                await node.Process.WaitForExit(ExitLimit);
                return Now(node.Start);

            case FaultKind.Freeze:
                MustRun(node!);
                node!.Process.Freeze();
                return Now(node.Process.Thaw);

            case FaultKind.Transfer:
                await Transfer(cluster.Nodes[fault.Amount % cluster.Nodes.Count]);
                return null;

            case FaultKind.KillRedis:
                await redis.Process.Kill();
                return redis.Start;

            case FaultKind.FreezeRedis:
                redis.Process.Freeze();
                return Now(redis.Process.Thaw);

            case FaultKind.FlushRedis:
                await redis.Ask("FLUSHALL");
                return null;

            case FaultKind.RestoreRedis:
                await redis.Remember();
                return async () =>
                {
                    await redis.Process.Kill();
                    await redis.Start(remembering: true);
                };

            case FaultKind.HangDisk:
                var hanging = Disk(node!);
                await hanging.Hang();
                return hanging.GoOn;

            case FaultKind.FullDisk:
                var full = Disk(node!);
                await full.Fill();
                return Now(full.Empty);

            case FaultKind.FailSync:
                MustRun(node!);
                await FailingSyncs.Begin(node!, once: false);
                return () => FailingSyncs.End(node!);

            case FaultKind.PullCable:
                var member = Index(node!.Name);
                await cluster.Ground!.Spaces!.Pull(member);
                return () => cluster.Ground!.Spaces!.Plug(member);

            default:
                var links = Links(fault).ToList();
                var state = fault.Kind switch
                {
                    FaultKind.SlowLink => new LinkState(Delay: TimeSpan.FromMilliseconds(fault.Amount)),
                    FaultKind.LossyLink => new LinkState(LossPercent: 1 + (fault.Amount % 40)),
                    _ => new LinkState(Cut: true),
                };
                await Set(links, state);
                return () => Set(links, default);
        }
    }

    private async Task Set(List<(string From, string To)> links, LinkState state)
    {
        foreach (var (from, to) in links)
        {
            if (cluster.Ground?.Spaces is { } spaces)
            {
                await spaces.Set(Index(from), Index(to), state);
            }
            else
            {
                cluster.Network.Set(from, to, state);
            }
        }
    }

    /// <summary>It may well be refused, or not be answered: there are other faults.</summary>
    private static async Task Transfer(ReplicaProcess asked)
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3));
            using var first = await asked.Http.PostAsync(new Uri("/cluster/transfer", UriKind.Relative), null, limit.Token);
            using var second = first.Headers.Location is { } leader ? await asked.Http.PostAsync(leader, null, limit.Token) : null;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            // Nobody there, or nobody in time.
        }
    }

    private Disk Disk(ReplicaProcess node) => cluster.Ground!.Disks![Index(node.Name)];

    private int Index(string name) => cluster.Nodes.ToList().FindIndex(n => n.Name == name);

    private static Func<Task> Now(Action undo) => () =>
    {
        undo();
        return Task.CompletedTask;
    };
}
