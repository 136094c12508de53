using System.Globalization;
using RestReplicas.Benchmarks.Comparing;
using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Driving;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Ycsb;

internal sealed record YcsbPlan(
    IReadOnlyList<Workload> Workloads,
    int Documents,
    int Connections,
    int Rounds,
    TimeSpan WarmUp,
    TimeSpan Time,
    bool Linearizable,
    bool WithEtcd,
    string Out);

/// <summary>Workload by workload, in rounds in which the contestants take turns.</summary>
internal sealed class YcsbBenchmark(YcsbPlan plan)
{
    /// <summary>Ten fields of a hundred bytes, there.</summary>
    private const int Bytes = 1000;
    private readonly Zipf _zipf = new(plan.Documents);
    private readonly MarkdownTable _table = new(1, "workload", "RestReplicas/s", "p99 ms", "etcd/s", "p99 ms", "ratio by round", "median");

    public async Task Run(CancellationToken cancelled)
    {
        var machine = Machine.InWords;
        Console.WriteLine(machine);
        var contestants = new List<Target>();
        try
        {
            await Begin(contestants, "RestReplicas", logs => new Ours(new Loopback(), logs, documentBytes: Bytes), cancelled);
            if (plan.WithEtcd)
            {
                await Begin(contestants, "etcd", logs => new Etcd(new Loopback(), logs, documentBytes: Bytes), cancelled);
            }

            foreach (var workload in plan.Workloads)
            {
                await Measure(workload, contestants, cancelled);
            }
        }
        finally
        {
            foreach (var target in contestants)
            {
                await target.Contestant.DisposeAsync();
            }
        }

        var text = string.Create(CultureInfo.InvariantCulture, $"""
            {_table}

            {machine}

            Operations in a second (to read, modify and write is one), medians of {plan.Rounds} rounds of {plan.Time.TotalSeconds:0} s,
            each after {plan.WarmUp.TotalSeconds:0} s to warm up, and after one round that does not count; {plan.Documents:N0} documents
            of {Bytes:N0} bytes, {plan.Connections} closed loops on the leader, keys zipfian with 0.99 as YCSB draws them, whole
            documents written; reads are {(plan.Linearizable ? "linearizable" : "local (etcd: serializable)")}, writes
            synced on a majority. The client is this program, on the same machine.
            """);
        Directory.CreateDirectory(plan.Out);
        var file = Path.Combine(plan.Out, "ycsb.md");
        await File.WriteAllTextAsync(file, $"{text}\n", cancelled);
        Console.WriteLine($"\n{text}\n\nWritten to {file}.");
    }

    private async Task Begin(List<Target> targets, string name, Func<string, Contestant> make, CancellationToken cancelled)
    {
        Console.WriteLine($"Starting {name} and writing {plan.Documents:N0} documents");
        var contestant = make(Directory.CreateDirectory(Path.Combine(plan.Out, "ycsb-logs", name)).FullName);
        targets.Add(new(name, contestant, plan.Documents, plan.Connections));
        await contestant.Begin(cancelled);
        await contestant.Fill(plan.Documents, cancelled);
    }

    private async Task Measure(Workload workload, List<Target> targets, CancellationToken cancelled)
    {
        var rounds = await Rounds.Run(plan.Rounds, targets.Count, async (index, round) =>
        {
            await Drive(workload, targets[index], plan.WarmUp, cancelled);
            var driven = await Drive(workload, targets[index], plan.Time, cancelled);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{workload.Name}, {round}: {targets[index].Name} {driven.Throughput:N0}/s, p99 {driven.P99:0.00} ms"));
            return driven;
        });

        var ratios = targets.Count > 1 ? rounds.Select(r => r[0].Throughput / r[1].Throughput).ToList() : [];
        string[] none = ["", ""];
        _table.Add([
            workload.Name,
            .. Figures(rounds, 0),
            .. targets.Count > 1 ? Figures(rounds, 1) : none,
            string.Join("  ", ratios.Select(r => Text(r, "0.00"))),
            ratios.Count > 0 ? Text(RowResult.Median(ratios), "0.00") : "",
        ]);
    }

    private async Task<Driven> Drive(Workload workload, Target target, TimeSpan time, CancellationToken cancelled)
    {
        var leader = target.Contestant.Urls[await target.Contestant.Leader(cancelled)];
        return await Loops.Run(
            leader, plan.Connections, (connection, loop) => Operations(workload, target, leader, connection, loop), time, cancelled);
    }

    private Func<bool> Operations(Workload workload, Target target, Uri leader, Connection connection, int loop)
    {
        var (get, put) = (new Template(target.Contestant.Get(plan.Linearizable), leader), new Template(target.Contestant.Put, leader));
        var random = new Random(loop);
        return () =>
        {
            var key = workload.Latest ? target.Documents - 1 - _zipf.Draw(random) : _zipf.Scattered(random);
            var reads = random.NextDouble() < workload.ReadShare;
            if (reads || workload.Change == Change.ReadThenUpdate)
            {
                connection.Ask(get.For(key));
            }

            if (!reads)
            {
                connection.Ask(put.For(workload.Change == Change.Insert ? target.BeginInsert(loop) : key));
                target.EndInsert(loop);
            }

            return true;
        };
    }

    private static string[] Figures(List<Driven[]> rounds, int index) =>
    [
        Text(RowResult.Median([.. rounds.Select(r => r[index].Throughput)]), "N0"),
        Text(RowResult.Median([.. rounds.Select(r => r[index].P99)]), "0.00"),
    ];

    private static string Text(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}
