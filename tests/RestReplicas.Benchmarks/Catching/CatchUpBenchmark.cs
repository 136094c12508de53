using System.Diagnostics;
using System.Globalization;
using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Driving;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Catching;

/// <param name="Entries">Written while the follower is stopped.</param>
/// <param name="Time">For the highest load.</param>
internal sealed record CatchUpPlan(int Entries, TimeSpan Time, string Who, string Out)
{
    public const string Voter = "voter";
    public const string Learner = "learner";

    /// <summary>A voter that comes back with an empty disk.</summary>
    public const string Wiped = "wiped";
}

/// <summary>A follower is stopped, misses entries, and comes back under load.</summary>
internal sealed class CatchUpBenchmark(CatchUpPlan plan)
{
    private const int Connections = 64;

    /// <summary>Level is who lacks no more than what arrives in this time.</summary>
    private static readonly TimeSpan Level = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private readonly Report _report = new(plan.Who == CatchUpPlan.Voter ? "catchup" : $"catchup-{plan.Who}");

    public async Task Run(CancellationToken cancelled)
    {
        Console.WriteLine("Starting three replicas, and looking for their highest load");
        await using var ours = new Ours(new Loopback(), Directory.CreateDirectory(Path.Combine(plan.Out, "catchup-logs")).FullName);
        await ours.Begin(cancelled);
        await ours.Fill(Documents.Keys, cancelled);
        var leader = await ours.Leader(cancelled);
        var follower = (leader + 1) % Ground.Members;
        await Wrk.Drive(ours.Urls[leader], new(ours.Put), Connections, plan.Time, cancelled);
        var highest = await Wrk.Drive(ours.Urls[leader], new(ours.Put), Connections, plan.Time, cancelled);

        if (plan.Who == CatchUpPlan.Learner)
        {
            await ours.MakeLearner(leader, follower);
        }

        Console.WriteLine($"{highest.Throughput:N0} writes in a second; stopping a follower, and writing {plan.Entries:N0} times");
        ours.Process(follower).Signal(Posix.SigTerm);
        await ours.Ended(follower);
        await ours.Write(plan.Entries, Documents.Keys, cancelled);
        if (plan.Who == CatchUpPlan.Wiped)
        {
            ours.Wipe(follower);
        }

        await CatchUp(ours, leader, follower, highest.Throughput / 2, cancelled);
        await _report.Write(plan.Out, cancelled);
    }

    private async Task CatchUp(Ours ours, int leader, int follower, double rate, CancellationToken cancelled)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        var pause = TimeSpan.FromSeconds(Connections / rate);
        var load = Loops.Run(ours.Urls[leader], Connections, ours.RandomWrites(ours.Urls[leader], Documents.Keys), enough.Token, pause);
        Console.WriteLine($"Starting it again, under {rate:N0} writes in a second");
        var watch = Stopwatch.StartNew();
        ours.Start(follower);
        var first = await Look(ours, leader, follower, watch, load, cancelled);
        var last = first;
        while (last.Leader - last.Follower > rate * Level.TotalSeconds)
        {
            await Task.Delay(Glance, cancelled);
            last = await Look(ours, leader, follower, watch, load, cancelled);
        }

        await enough.CancelAsync();
        await load;
        var seconds = (last.At - first.At).TotalSeconds;
        var (caughtUp, arrived) = ((last.Follower - first.Follower) / seconds, (last.Leader - first.Leader) / seconds);
        var detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{caughtUp:N0} entries in a second against {arrived:N0}; from {first.Leader - first.Follower:N0} behind to level in "
            + $"{seconds:0.0} s, {last.At.TotalSeconds:0.0} s after its start");
        var what = $"catching up {plan.Entries:N0} entries ({plan.Who}) ÷ what arrives meanwhile, at half the highest load";
        _report.AtLeast(what, caughtUp / arrived, 3, detail);
    }

    /// <summary>What both have applied, as the follower has it; it may have to start first.</summary>
    private static async Task<(TimeSpan At, long Leader, long Follower)> Look(
        Ours ours, int leader, int follower, Stopwatch watch, Task<Driven> load, CancellationToken cancelled)
    {
        while (true)
        {
            if (load.IsFaulted)
            {
                await load; // says why
            }

            var applied = await ours.Applied(follower);
            if (applied[leader] is { } there && applied[follower] is { } here)
            {
                return (watch.Elapsed, there, here);
            }

            if (watch.Elapsed > Patience)
            {
                throw new Refusal($"The follower has not caught up within {Patience.TotalMinutes} minutes.");
            }

            await Task.Delay(Glance, cancelled);
        }
    }
}
