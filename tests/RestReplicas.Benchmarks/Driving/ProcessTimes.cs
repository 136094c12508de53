using System.Globalization;

namespace RestReplicas.Benchmarks.Driving;

/// <summary>What the kernel says of processes.</summary>
internal static class ProcessTimes
{
    /// <summary>USER_HZ: the kernel counts in hundredths of a second for everybody outside (proc(5)).</summary>
    private const double TicksPerSecond = 100;
    private const double BytesPerMegabyte = 1e6;

    /// <summary>Seconds of processor time that they took since they began, in user mode and in the kernel.</summary>
    public static double Cpu(IEnumerable<int> processes) => processes.Sum(p =>
    {
        // The second field is the name in parentheses, and may hold anything; utime and stime are fields 14 and 15.
        var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{p}/stat"));
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[11..13].Sum(ticks => long.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond;
    });

    /// <summary>Megabytes (10⁶ bytes) of memory that it has now.</summary>
    public static double ResidentMegabytes(int process) =>
        File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status"))
            .Where(l => l.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Select(l => long.Parse(l["VmRSS:".Length..^"kB".Length], CultureInfo.InvariantCulture) * 1024 / BytesPerMegabyte)
            .Single();
}
