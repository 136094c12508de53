using System.Diagnostics;
using System.Globalization;
using RestReplicas.Benchmarks.Comparing;
using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Driving;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Growing;

/// <param name="Writes">While a follower is dead.</param>
internal sealed record GrowthPlan(int Small, int Large, int Writes, int Rounds, TimeSpan WarmUp, TimeSpan Time, string Out);

/// <summary>A small and a large cluster: writes are compared in rounds, all else is asked of the large one.</summary>
internal sealed class GrowthBenchmark(GrowthPlan plan)
{
    private const int Connections = 64;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(20);

    /// <summary>Idle is who has been so for a while: what was hot before is still compiled, what was written still checked.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(90);
    private readonly Report _report = new("growth");

    public async Task Run(CancellationToken cancelled)
    {
        await using var small = await Begin("small", plan.Small, cancelled);
        await using var large = await Begin("large", plan.Large, cancelled);
        await Idling(large, cancelled);
        await Writes(small, large, cancelled);
        await Starting(large, cancelled);
        await OneDead(large, cancelled);
        await _report.Write(plan.Out, cancelled);
    }

    private async Task<Ours> Begin(string name, int documents, CancellationToken cancelled)
    {
        Console.WriteLine($"Starting three replicas and writing {documents:N0} documents");
        var ours = new Ours(new Loopback(), Directory.CreateDirectory(Path.Combine(plan.Out, "growth-logs", name)).FullName);
        try
        {
            await ours.Begin(cancelled);
            await ours.Fill(documents, cancelled);
            return ours;
        }
        catch
        {
            await ours.DisposeAsync();
            throw;
        }
    }

    private async Task Idling(Ours large, CancellationToken cancelled)
    {
        Console.WriteLine($"Idle for {(Settling + Idle).TotalSeconds:0} s");
        await Task.Delay(Settling, cancelled);
        var before = Enumerable.Range(0, Ground.Members).Select(m => ProcessTimes.Cpu([large.Process(m).Id])).ToList();
        var watch = Stopwatch.StartNew();
        await Task.Delay(Idle, cancelled);
        var shares = before.Select((cpu, m) => (ProcessTimes.Cpu([large.Process(m).Id]) - cpu) / watch.Elapsed.TotalSeconds * 100).ToList();
        var leader = await large.Leader(cancelled);
        var each = string.Join(", ", shares.Select((s, m) => $"{Text(s, "0.0")} %{(m == leader ? " (leader)" : "")}"));
        _report.AtMost($"idle for {Settling.TotalSeconds:0} s, {plan.Large:N0} documents: processor time per node, in % of one processor", shares.Max(), 1, each);
    }

    private async Task Writes(Ours small, Ours large, CancellationToken cancelled)
    {
        (Ours Cluster, int Documents)[] both = [(large, plan.Large), (small, plan.Small)];
        var rounds = await Rounds.Run(plan.Rounds, both.Length, async (side, round) =>
        {
            var throughput = await Throughput(both[side].Cluster, both[side].Documents, cancelled);
            Console.WriteLine($"{round}: {throughput:N0} writes/s at {both[side].Documents:N0} documents");
            return throughput;
        });
        var ratios = rounds.Select(r => r[0] / r[1]).ToList();
        var (atLarge, atSmall) = (Text(RowResult.Median([.. rounds.Select(r => r[0])]), "N0"), Text(RowResult.Median([.. rounds.Select(r => r[1])]), "N0"));
        var figures = $"{atLarge}/s against {atSmall}/s; by round: {string.Join("  ", ratios.Select(r => Text(r, "0.00")))}";
        _report.AtLeast($"writes at {plan.Large:N0} documents ÷ at {plan.Small:N0}", RowResult.Median(ratios), 0.85, figures);
        var leader = await large.Leader(cancelled);
        var memory = ProcessTimes.ResidentMegabytes(large.Process(leader).Id);
        _report.AtMost($"leader's resident memory at {plan.Large:N0} documents, after these writes, MB", memory, 250);
    }

    private async Task<double> Throughput(Ours cluster, int documents, CancellationToken cancelled)
    {
        var leader = cluster.Urls[await cluster.Leader(cancelled)];
        var writes = cluster.RandomWrites(leader, documents);
        await Loops.Run(leader, Connections, writes, plan.WarmUp, cancelled);
        return (await Loops.Run(leader, Connections, writes, plan.Time, cancelled)).Throughput;
    }

    private async Task Starting(Ours large, CancellationToken cancelled)
    {
        var follower = (await large.Leader(cancelled) + 1) % Ground.Members;
        var seconds = new List<double>();
        for (var round = 0; round < plan.Rounds; round++)
        {
            large.Process(follower).Signal(Posix.SigTerm);
            await large.Ended(follower);
            var watch = Stopwatch.StartNew();
            large.Start(follower);
            await large.WaitUntilWhole(cancelled);
            seconds.Add(watch.Elapsed.TotalSeconds);
        }

        _report.AtMost(
            $"start of a follower with {plan.Large:N0} documents until it is ready, s",
            RowResult.Median(seconds),
            2,
            string.Join("  ", seconds.Select(s => Text(s, "0.00"))));
    }

    private async Task OneDead(Ours large, CancellationToken cancelled)
    {
        Console.WriteLine($"Killing a follower, and writing {plan.Writes:N0} times");
        var leader = await large.Leader(cancelled);
        var follower = (leader + 1) % Ground.Members;
        large.Process(follower).Signal(Posix.SigKill);
        await large.Ended(follower);
        var before = ProcessTimes.ResidentMegabytes(large.Process(leader).Id);
        var driven = await large.Write(plan.Writes, plan.Large, cancelled);
        var after = ProcessTimes.ResidentMegabytes(large.Process(leader).Id);
        var figures = $"from {Text(before, "0")} to {Text(after, "0")}; {Text(driven.Throughput, "N0")} writes in a second";
        _report.AtMost($"growth of the leader's memory, a follower dead for {plan.Writes:N0} writes, MB", after - before, 50, figures);
    }

    private static string Text(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}
