using System.Globalization;
using RestReplicas.Benchmarks.Driving;

namespace RestReplicas.Benchmarks.Profiling;

/// <param name="cpu">Seconds that each node took, as the kernel's accounts have it.</param>
internal sealed class CpuProfile(
    IReadOnlyList<Sample> samples, int leader, IReadOnlyList<int> nodes, IReadOnlyList<double> cpu, int frequency, Driven driven)
{
    public string InWords(int lines)
    {
        var leaderCpu = cpu[nodes.ToList().IndexOf(leader)];
        var followerCpu = (cpu.Sum() - leaderCpu) / (nodes.Count - 1);
        return string.Create(CultureInfo.InvariantCulture, $"""
            {driven.Throughput:N0} operations in a second, p50 {driven.P50:0.00} ms, p99 {driven.P99:0.00} ms, while perf looked on.
            Processor time of an operation by the kernel's accounts: leader {PerOperation(leaderCpu):0.0} µs, a follower
            {PerOperation(followerCpu):0.0} µs, all nodes {PerOperation(cpu.Sum()):0.0} µs.

            By part (µs of processor time for one operation; what libraries do counts for the part that called them):

            {By("part", lines, s => [Parts.Of(s)], byPart: true)}

            By folder, with all that is beneath its functions, the kernel's part too (what another folder calls in between counts for
            that; stacks through native code may break off: "none"):

            {By("folder", lines, s => [InnermostFolder(s) ?? $"none, thread {s.Thread}"])}

            By thread:

            {By("thread", lines, s => [s.Thread])}

            Hottest functions, themselves:

            {By("function", lines, s => [s.Frames.Count == 0 ? "none" : Named(s.Frames[0])])}

            Hottest functions of ours, with all that is beneath them:

            {By("function", lines, s => s.Frames.Where(f => Parts.Folder(f.Function) is not null).Select(f => f.Function).Distinct())}

            Hottest calls out of ours, by what they end in:

            {By("function → part", lines, s => [Leaving(s)])}
            """);
    }

    private string By(string head, int lines, Func<Sample, IEnumerable<string>> keys, bool byPart = false)
    {
        var table = new MarkdownTable(1, head, "leader", "a follower", "all nodes");
        var counts = samples
            .SelectMany(s => keys(s).Select(key => (key, s.Process)))
            .GroupBy(pair => pair.key, pair => pair.Process)
            .Select(g => (g.Key, Leader: g.Count(p => p == leader), All: g.Count()))
            .OrderByDescending(g => g.All)
            .ToList();
        foreach (var (key, atLeader, all) in counts.Take(lines))
        {
            table.Add(Names.Cell(key), Text(atLeader), Text((all - atLeader) / (nodes.Count - 1.0)), Text(all));
        }

        if (byPart)
        {
            var atLeader = counts.Sum(c => c.Leader);
            table.Add("all", Text(atLeader), Text((samples.Count - atLeader) / (nodes.Count - 1.0)), Text(samples.Count));
        }

        return table.ToString();
    }

    private static string? InnermostFolder(Sample sample) =>
        sample.Frames.Select(f => Parts.Folder(f.Function)).FirstOrDefault(f => f is not null);

    private static string Leaving(Sample sample)
    {
        var ours = sample.Frames.FirstOrDefault(f => Parts.Folder(f.Function) is not null);
        var part = Parts.Of(sample);
        return ours.Function is null ? $"thread {sample.Thread} → {part}"
            : part == Parts.Folder(ours.Function) ? ours.Function
            : $"{ours.Function} → {part}";
    }

    private static string Named(Frame frame) => frame.Function is "[unknown]" ? $"[{Path.GetFileName(frame.Image)}]" : frame.Function;

    private string Text(double count) => PerOperation(count / frequency).ToString("0.00", CultureInfo.InvariantCulture);

    private double PerOperation(double seconds) => seconds * 1e6 / driven.Answers;
}
