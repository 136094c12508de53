using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Driving;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Comparing;

/// <summary>The contestants, all up; those whose turn it is not have nothing to do.</summary>
internal sealed class Arena(string folder) : IAsyncDisposable
{
    /// <summary>Of every document, before anything is measured: writing takes the longest until it is compiled as it stays.</summary>
    public const int FirstWrites = 6;

    private readonly Dictionary<Store, Contestant> _clusters = [];
    private BareKestrel? _bare;

    public async Task Begin(IReadOnlySet<Store> stores, CancellationToken cancelled)
    {
        if (stores.Contains(Store.Ours))
        {
            await Begin(Store.Ours, new Ours(new Loopback(), Logs("restreplicas")), cancelled);
        }

        if (stores.Contains(Store.Etcd))
        {
            await Begin(Store.Etcd, new Etcd(new Loopback(), Logs("etcd")), cancelled);
        }

        if (stores.Contains(Store.Bare))
        {
            _bare = await BareKestrel.Begin(cancelled);
        }
    }

    /// <summary>One side's turn. It is warm, and its answers have been looked at, before anything is measured.</summary>
    public async Task<Measurement> Measure(Side side, int connections, TimeSpan warmUp, TimeSpan time, CancellationToken cancelled)
    {
        if (side.Store == Store.Bare)
        {
            return await Measure(_bare!.Url, new(BareKestrel.Get), [_bare.Process], connections, warmUp, time, cancelled);
        }

        var contestant = _clusters[side.Store];
        var leader = await contestant.Leader(cancelled);
        var (aimed, other) = (side.AtLeader ? leader : (leader + 1) % Ground.Members, (leader + 2) % Ground.Members);
        await Strike(contestant, other, side.Followers);
        var (url, mix) = (contestant.Urls[aimed], side.Mix(contestant));
        var measured = await Measure(url, mix, contestant.Processes, connections, warmUp, time, cancelled);
        var moved = !await contestant.Leads(leader);
        await Mend(contestant, other, side.Followers);
        await contestant.WaitUntilWhole(cancelled);
        return moved ? measured with { Fault = "the leader changed" } : measured;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var contestant in _clusters.Values)
        {
            await contestant.DisposeAsync();
        }

        if (_bare is not null)
        {
            await _bare.DisposeAsync();
        }
    }

    private async Task Begin(Store store, Contestant contestant, CancellationToken cancelled)
    {
        Console.WriteLine(
            $"Starting {(store == Store.Ours ? "three replicas" : "three etcd")} and writing {Documents.Keys:N0} documents {FirstWrites} times");
        _clusters[store] = contestant;
        await contestant.Begin(cancelled);
        await contestant.Write(FirstWrites * Documents.Keys, Documents.Keys, cancelled);
    }

    private static async Task<Measurement> Measure(
        Uri url, Mix mix, IEnumerable<int> processes, int connections, TimeSpan warmUp, TimeSpan time, CancellationToken cancelled)
    {
        var looked = await Wrk.Drive(url, mix, connections, warmUp, cancelled, check: true);
        int[] all = [.. processes];
        var before = ProcessTimes.Cpu(all);
        var driven = await Wrk.Drive(url, mix, connections, time, cancelled);
        var cpu = ProcessTimes.Cpu(all) - before;
        var errors = driven.Errors + looked.Errors;
        var fault = errors == 0 ? null : $"{errors} errors {looked.Refusal}".Trim();
        return new(driven.Throughput, driven.P50, driven.P99, cpu * 10_000 / Math.Max(1, driven.Answers), fault);
    }

    private static async Task Strike(Contestant contestant, int follower, Followers followers)
    {
        if (followers == Followers.OneDead)
        {
            contestant.Process(follower).Signal(Posix.SigKill);
            await contestant.Ended(follower);
        }
        else if (followers == Followers.OneFrozen)
        {
            contestant.Process(follower).Freeze();
        }
    }

    private static Task Mend(Contestant contestant, int follower, Followers followers)
    {
        if (followers == Followers.OneDead)
        {
            contestant.Start(follower);
        }
        else if (followers == Followers.OneFrozen)
        {
            contestant.Process(follower).Thaw();
        }

        return Task.CompletedTask;
    }

    private string Logs(string name) => Directory.CreateDirectory(Path.Combine(folder, "compare-logs", name)).FullName;
}
