using System.Globalization;

namespace RestReplicas.Benchmarks;

/// <summary>What the figures were taken on.</summary>
internal static class Machine
{
    private static double LoadAverage => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    public static string InWords => string.Create(
        CultureInfo.InvariantCulture,
        $"{Model}, {Environment.ProcessorCount} processors, {Environment.OSVersion.VersionString}, .NET {Environment.Version}, "
        + $"{DateTime.UtcNow:yyyy-MM-dd}; load average before: {LoadAverage:0.0}.");

    private static string Model =>
        File.ReadLines("/proc/cpuinfo")
            .Where(l => l.StartsWith("model name", StringComparison.Ordinal))
            .Select(l => l.Split(':', 2)[1].Trim())
            .FirstOrDefault("unknown processor");
}
