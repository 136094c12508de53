namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>
/// Debian's libfaketime: another wall clock for one process. Its monotonic clocks, CLOCK_BOOTTIME among them, and its waits
/// stay as they are.
/// </summary>
internal static class WallClock
{
    private static readonly string? Library = Directory.EnumerateFiles("/usr/lib", "libfaketime.so.1", SearchOption.AllDirectories).FirstOrDefault();

    /// <summary>Whether the library is installed.</summary>
    public static bool CanBeMoved => Library is not null;

    public static void Set(ReplicaProcess node, TimeSpan offset)
    {
        node.Settings["LD_PRELOAD"] = Library
            ?? throw new InvalidOperationException("libfaketime is not installed; tests/run installs it, or: apt-get install faketime");
        node.Settings["FAKETIME"] = $"{(offset < TimeSpan.Zero ? "-" : "+")}{offset.Duration().TotalSeconds:0}";
        node.Settings["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        node.Settings["FAKETIME_FORCE_MONOTONIC_FIX"] = "0"; // else waits end at once
    }
}
