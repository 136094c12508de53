using System.Globalization;
using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Failover;

internal sealed record FailoverPlan(int Rounds, IReadOnlyList<Fault> Faults, bool WithEtcd, string Out);

/// <summary>Fault by fault, first ours and then etcd, so that both see the machine in about the same state.</summary>
internal sealed class FailoverBenchmark(FailoverPlan plan)
{
    private readonly FailoverTable _table = new();
    private string _cables = "";

    public async Task Run(CancellationToken cancelled)
    {
        Console.WriteLine($"The lease is kept by {Needed.Redis}.");
        if (plan.WithEtcd)
        {
            Console.WriteLine($"Beside {Needed.Etcd}, default settings.");
        }

        foreach (var fault in plan.Faults)
        {
            await Measure(fault, "RestReplicas", (ground, logs) => new Ours(ground, logs), cancelled);
            if (plan.WithEtcd)
            {
                await Measure(fault, "etcd", (ground, logs) => new Etcd(ground, logs), cancelled);
            }
        }

        var text = $"{_table}\n\n{Explanation}\n";
        Directory.CreateDirectory(plan.Out);
        var file = Path.Combine(plan.Out, "failover.md");
        await File.WriteAllTextAsync(file, text, cancelled);
        Console.WriteLine($"\n{text}\nWritten to {file}.");
    }

    private string Explanation => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        Longest time without an acknowledged write, from the fault to 3 s after it; "without a fault" is the same in the 2 s
        before it (median). Client: {Load.Loops} closed loops of 200-byte writes, {Load.Pause.TotalMilliseconds} ms between them,
        {Load.RequestLimit.TotalMilliseconds} ms for a request, then the next member; the same for both. Three members on one machine with
        {Environment.ProcessorCount} processors, {DateTime.UtcNow:yyyy-MM-dd}; {_cables}.
        """);

    private async Task Measure(Fault fault, string store, Func<Ground, string, Contestant> make, CancellationToken cancelled)
    {
        Console.WriteLine($"{fault.Name}, {store}: starting three members");
        await using var ground = await Ground.Lay(fault.NeedsCables);
        _cables = ground.Cables;
        await using var contestant = make(ground, Logs(fault, store));
        await contestant.Begin(cancelled);
        var rounds = new List<Round>();
        while (rounds.Count < plan.Rounds)
        {
            var round = await Round.Play(fault, contestant, ground, cancelled);
            rounds.Add(round);
            var gap = round.Gap is { } time ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms") : "no end";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{fault.Name}, {store}, round {rounds.Count} of {plan.Rounds}: {gap} (at {round.StruckAt:HH:mm:ss.fff}Z: {round.Notes})"));
        }

        _table.Add(fault, store, rounds);
    }

    /// <summary>Of this run only; the times in them can be matched with those that are printed.</summary>
    private string Logs(Fault fault, string store)
    {
        var folder = Path.Combine(plan.Out, $"failover-{fault.Word}-{store}");
        if (Directory.Exists(folder))
        {
            foreach (var old in Directory.EnumerateFiles(folder, "*.log"))
            {
                File.Delete(old);
            }
        }

        return Directory.CreateDirectory(folder).FullName;
    }
}
