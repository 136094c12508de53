using System.Diagnostics;
using System.Globalization;
using RestReplicas.Benchmarks.Driving;

namespace RestReplicas.Benchmarks.Comparing;

/// <param name="Out">The folder for the table, the picture and the logs.</param>
internal sealed record ComparePlan(int Rounds, TimeSpan WarmUp, TimeSpan Time, IReadOnlyList<Row> Rows, bool WithEtcd, string Out);

/// <summary>Row by row, in rounds in which all its sides take their turns.</summary>
internal sealed class CompareBenchmark(ComparePlan plan)
{
    public async Task Run(CancellationToken cancelled)
    {
        var machine = Machine.InWords;
        Console.WriteLine(machine);
        var rows = plan.Rows.Select(Wanted).ToList();
        var turns = rows.Sum(r => r.Sides.Count) * (plan.Rounds + 1);
        var watch = Stopwatch.StartNew();
        var done = 0;
        var results = rows.Select(r => new RowResult(r)).ToList();
        await using var arena = new Arena(plan.Out);
        await arena.Begin(rows.SelectMany(r => r.Sides).Select(s => s.Store).ToHashSet(), cancelled);
        watch.Restart();
        foreach (var result in results)
        {
            var sides = result.Row.Sides;
            result.Rounds.AddRange(await Rounds.Run(plan.Rounds, sides.Count, async (side, round) =>
            {
                var measured = await arena.Measure(sides[side], result.Row.Connections, plan.WarmUp, plan.Time, cancelled);
                done++;
                var left = watch.Elapsed / done * (turns - done);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{done,3} of {turns}, {left.TotalMinutes:0} min left | {result.Row.Name}, {round}: {sides[side].Name} {InWords(measured)}"));
                return measured;
            }));
        }

        await Write(machine, results, cancelled);
    }

    /// <summary>Without etcd, its sides and the targets that need them fall away.</summary>
    private Row Wanted(Row row)
    {
        if (plan.WithEtcd)
        {
            return row;
        }

        var sides = row.Sides.Where(s => s.Store != Store.Etcd).ToList();
        var targets = row.Targets.Select(t => t with { Against = sides.IndexOf(row.Sides[t.Against]) }).Where(t => t.Against >= 0);
        return row with { Sides = sides, Targets = [.. targets] };
    }

    private async Task Write(string machine, List<RowResult> results, CancellationToken cancelled)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"""
            {CompareTable.Of(results)}

            {machine}

            Medians of {plan.Rounds} rounds; in each, one contestant after the other was under load for {plan.Time.TotalSeconds:0} s,
            after {plan.WarmUp.TotalSeconds:0} s to warm up; the others were up and idle. One more round, before these, was not
            counted: .NET compiles what is hot in the first half minute of load, in which there is about half as much of everything.
            Before all of them every document was written {Arena.FirstWrites} times, on both clusters.
            The generator is wrk (closed loops, random keys of {Documents.Keys:N0}, documents of {Documents.Bytes} bytes), on the
            same machine as all nodes. CPU is what all processes of a contestant took together, Redis included; of one dead or
            frozen, those that lived. Writes are answered when a majority has synced them: acks=majority here, the only way there.
            etcd is Debian's, default settings, spoken to through its JSON gateway. What has errors is invalid.
            """);
        Directory.CreateDirectory(plan.Out);
        await File.WriteAllTextAsync(Path.Combine(plan.Out, "compare.md"), $"{text}\n", cancelled);
        await File.WriteAllTextAsync(Path.Combine(plan.Out, "compare.svg"), CompareChart.Of(results), cancelled);
        Console.WriteLine($"\n{text}\n\nWritten to {plan.Out}: compare.md and compare.svg.");
    }

    private static string InWords(Measurement m)
    {
        var fault = m.Fault is null ? "" : $": INVALID, {m.Fault}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{m.Throughput:N0}/s, p50 {m.P50:0.00} ms, p99 {m.P99:0.00} ms, CPU {m.Cpu:0.00} s/10,000{fault}");
    }
}
