using System.Globalization;
using RestReplicas.Benchmarks.Comparing;
using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Driving;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Enduring;

/// <param name="LogMebibytes">That the log keeps at most, for whatever reason.</param>
internal sealed record EndurancePlan(int Minutes, int LogMebibytes, string Out);

/// <summary>Writes at full speed to a fixed set of documents; after every minute, what each node has in memory and on disk.</summary>
internal sealed class EnduranceBenchmark(EndurancePlan plan)
{
    private const int Connections = 64;
    private const int Parts = 6;
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(1);

    public async Task Run(CancellationToken cancelled)
    {
        var machine = Machine.InWords;
        var bytes = ((long)plan.LogMebibytes << 20).ToString(CultureInfo.InvariantCulture);
        var settings = new Dictionary<string, string?> { ["Storage__LogBytes"] = bytes, ["Storage__LogWindowBytes"] = bytes };
        Console.WriteLine($"Starting three replicas and writing {Documents.Keys:N0} documents");
        var logs = Directory.CreateDirectory(Path.Combine(plan.Out, "endurance-logs")).FullName;
        await using var ours = new Ours(new Loopback(), logs, settings);
        await ours.Begin(cancelled);
        await ours.Fill(Documents.Keys, cancelled);

        var samples = new List<EnduranceSample>();
        while (samples.Count < plan.Minutes)
        {
            var leader = await ours.Leader(cancelled);
            var before = await Applied(ours, leader);
            var driven = await Wrk.Drive(ours.Urls[leader], new(ours.Put), Connections, Step, cancelled);
            samples.Add(new(
                await Applied(ours, leader) - before,
                driven.Errors,
                [.. Enumerable.Range(0, Ground.Members).Select(m => ProcessTimes.ResidentMegabytes(ours.Process(m).Id))],
                [.. Enumerable.Range(0, Ground.Members).Select(ours.DiskMegabytes)]));
            Console.WriteLine(
                $"Minute {samples.Count} of {plan.Minutes}: {samples[^1].Writes / driven.Seconds:N0} writes/s, {driven.Errors} failed; memory {Each(samples[^1].Memory)} MB; disk {Each(samples[^1].Disk)} MB");
        }

        await Write(samples, machine, cancelled);
    }

    /// <summary>By the log, so that an answer that says "elsewhere" is no write.</summary>
    private static async Task<long> Applied(Ours ours, int member) =>
        (await ours.Applied(member))[member] ?? throw new Refusal("A node does not say how far it has applied the log.");

    private async Task Write(List<EnduranceSample> samples, string machine, CancellationToken cancelled)
    {
        Directory.CreateDirectory(plan.Out);
        var table = new MarkdownTable(1, "minutes", "writes", "failed", "memory of each node, MB (most)", "disk of each node, MB (most)");
        var length = Math.Max(1, (samples.Count + Parts - 1) / Parts);
        foreach (var (part, number) in samples.Chunk(length).Select((p, i) => (p, i)))
        {
            table.Add(
                $"{(number * length) + 1} to {(number * length) + part.Length}",
                part.Sum(s => s.Writes).ToString("N0", CultureInfo.InvariantCulture),
                part.Sum(s => s.Failed).ToString("N0", CultureInfo.InvariantCulture),
                Each(Most(part, s => s.Memory)),
                Each(Most(part, s => s.Disk)));
        }

        var words = $"{table}\n\n{Documents.Keys:N0} documents of {Documents.Bytes} bytes, {Connections} connections; a log of at most "
            + $"{plan.LogMebibytes} MiB. Seen after every minute. {machine}";
        var file = Path.Combine(plan.Out, "endurance.md");
        await File.WriteAllTextAsync(file, words + "\n", cancelled);
        await File.WriteAllTextAsync(Path.ChangeExtension(file, "svg"), EnduranceChart.Of(samples), cancelled);
        Console.WriteLine($"\n{words}\n\nWritten to {file}, and as a picture beside it.");
    }

    private static IEnumerable<double> Most(EnduranceSample[] part, Func<EnduranceSample, IReadOnlyList<double>> of) =>
        Enumerable.Range(0, Ground.Members).Select(m => part.Max(s => of(s)[m]));

    private static string Each(IEnumerable<double> figures) => string.Join("  ", figures.Select(f => f.ToString("0", CultureInfo.InvariantCulture)));
}

/// <summary>A minute's writes, and what each node had at its end.</summary>
/// <param name="Memory">Resident, MB (10⁶ bytes), by node.</param>
/// <param name="Disk">Of the data directory, MB, by node.</param>
internal sealed record EnduranceSample(long Writes, long Failed, IReadOnlyList<double> Memory, IReadOnlyList<double> Disk);
