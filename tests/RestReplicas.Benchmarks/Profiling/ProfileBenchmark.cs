using System.Diagnostics;
using System.Globalization;
using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Driving;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Profiling;

internal enum Looked
{
    Time,
    Memory,
}

/// <param name="Lines">How long the lists are.</param>
internal sealed record ProfilePlan(
    ProfiledLoad Load, IReadOnlyList<Looked> Looked, int Connections, TimeSpan WarmUp, TimeSpan Time, int Lines, string Out);

/// <summary>
/// Three replicas under load, and the kernel's perf looks at them a thousand times for each second that they run; three others,
/// and their runtimes tell what they allocate.
/// </summary>
internal sealed class ProfileBenchmark(ProfilePlan plan)
{
    private const int Frequency = 999; // not in step with what happens every millisecond
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>EventPipe writes its file several times a second.</summary>
    private static readonly TimeSpan Writing = TimeSpan.FromSeconds(1);

    public async Task Run(CancellationToken cancelled)
    {
        Directory.CreateDirectory(plan.Out);
        Console.WriteLine(Machine.InWords);
        var texts = new List<string>();
        foreach (var looked in plan.Looked)
        {
            texts.Add(looked == Looked.Time ? await ProcessorTime(cancelled) : await Memory(cancelled));
            Console.WriteLine($"\n{texts[^1]}\n");
        }

        var file = Path.Combine(plan.Out, $"profile-{plan.Load.Word}.md");
        await File.WriteAllTextAsync(file, $"{string.Join("\n\n", texts)}\n", cancelled);
        Console.WriteLine($"Written to {file}.");
    }

    private async Task<string> ProcessorTime(CancellationToken cancelled)
    {
        // Only the map from addresses to names (3), /tmp/perf-ID.map, where perf looks for it; and it does not, where code is
        // mapped twice, once to be written and once to be run.
        await using var ours = await Begin(new() { ["DOTNET_PerfMapEnabled"] = "3", ["DOTNET_EnableWriteXorExecute"] = "0" }, cancelled);
        var leader = await ours.Leader(cancelled);
        var nodes = Enumerable.Range(0, Ground.Members).Select(m => ours.Process(m).Id).ToList();
        var folder = Directory.CreateTempSubdirectory("restreplicas-bench-perf-").FullName;
        try
        {
            Console.WriteLine("Looking where the processor time goes");
            var data = Path.Combine(folder, "perf.data");
            var before = nodes.Select(n => ProcessTimes.Cpu([n])).ToList();
            await using var perf = new ChildProcess(Needed.Perf, [
                "record", "-e", "cpu-clock", "-F", Text(Frequency), "-g", "-o", data, "-p", string.Join(',', nodes.Select(Text)),
                "--", "sleep", Text((int)plan.Time.TotalSeconds)]);
            var driven = await Drive(ours, leader, plan.Time, check: false, cancelled);
            var cpu = nodes.Select((n, i) => ProcessTimes.Cpu([n]) - before[i]).ToList();
            if (await perf.WaitForExit(Patience).WaitAsync(cancelled) != 0)
            {
                var said = string.Join('\n', perf.Output);
                throw new Refusal($"perf refuses (it wants root, or kernel.perf_event_paranoid at 1 or less):\n{said}");
            }

            var samples = await Samples(data, cancelled);
            return new CpuProfile(samples, nodes[leader], nodes, cpu, Frequency, driven).InWords(plan.Lines);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            nodes.ForEach(n => File.Delete(PerfMap.FileOf(n)));
        }
    }

    private async Task<string> Memory(CancellationToken cancelled)
    {
        var traces = Directory.CreateTempSubdirectory("restreplicas-bench-traces-").FullName;
        await using var ours = await Begin(
            new()
            {
                ["DOTNET_PerfMapEnabled"] = "3",
                ["DOTNET_EnableEventPipe"] = "1",
                ["DOTNET_EventPipeConfig"] = "Microsoft-Windows-DotNETRuntime:0x1:5", // the collector's events, all of them
                ["DOTNET_EventPipeOutputPath"] = Path.Combine(traces, "{pid}.nettrace"),
                ["DOTNET_EventPipeOutputStreaming"] = "1",
            },
            cancelled);
        var leader = await ours.Leader(cancelled);
        var nodes = Enumerable.Range(0, Ground.Members).Select(m => ours.Process(m).Id).ToList();
        try
        {
            Console.WriteLine("Looking what is allocated");
            var from = Stopwatch.GetTimestamp();
            var driven = await Drive(ours, leader, plan.Time, check: false, cancelled);
            var to = Stopwatch.GetTimestamp();
            await Task.Delay(Writing, cancelled);
            var profile = new MemoryProfile(driven);
            foreach (var (member, node) in nodes.Index())
            {
                var events = NetTrace.Read(Path.Combine(traces, $"{Text(node)}.nettrace")).Where(e => e.At >= from && e.At <= to).ToList();
                profile.Add($"n{Text(member + 1)}", member == leader, events, new PerfMap(node));
            }

            return profile.InWords(plan.Lines);
        }
        finally
        {
            Directory.Delete(traces, recursive: true);
            nodes.ForEach(n => File.Delete(PerfMap.FileOf(n)));
        }
    }

    private static async Task<List<Sample>> Samples(string data, CancellationToken cancelled)
    {
        await using var script = new ChildProcess(Needed.Perf, ["script", "-i", data, "-F", "comm,pid,ip,sym,dso"]);
        var code = await script.WaitForExit(Patience).WaitAsync(cancelled);
        var samples = PerfScript.Read(script.Output.SkipWhile(l => l.StartsWith('W') || l.StartsWith('\''))).ToList();
        return code == 0 && samples.Count > 0 ? samples : throw new Refusal($"perf script ended with {code} and {samples.Count} samples.");
    }

    private async Task<Ours> Begin(Dictionary<string, string?> environment, CancellationToken cancelled)
    {
        Console.WriteLine($"Starting three replicas, writing {Documents.Keys:N0} documents, warming up");
        var ours = new Ours(new Loopback(), Directory.CreateDirectory(Path.Combine(plan.Out, "profile-logs")).FullName, environment);
        try
        {
            await ours.Begin(cancelled);
            await ours.Fill(Documents.Keys, cancelled);
            await Drive(ours, await ours.Leader(cancelled), plan.WarmUp, check: false, cancelled);
            await Drive(ours, await ours.Leader(cancelled), TimeSpan.FromSeconds(1), check: true, cancelled);
            return ours;
        }
        catch
        {
            await ours.DisposeAsync();
            throw;
        }
    }

    private async Task<Driven> Drive(Ours ours, int leader, TimeSpan time, bool check, CancellationToken cancelled)
    {
        if (plan.Load.Mix is not { } mix)
        {
            await Task.Delay(time, cancelled);
            return new((long)time.TotalSeconds, time.TotalSeconds, 0, 0, 0, "");
        }

        var aimed = plan.Load.AtLeader ? leader : (leader + 1) % Ground.Members;
        var driven = await Wrk.Drive(ours.Urls[aimed], mix(ours), plan.Connections, time, cancelled, check);
        return driven.Errors == 0 ? driven : throw new Refusal($"{driven.Errors} requests failed. {driven.Refusal}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
