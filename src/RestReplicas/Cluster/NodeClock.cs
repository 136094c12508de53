using System.Runtime.InteropServices;
using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>
/// The clock that every interval of the protocol is measured with. On Linux it goes on while the machine is suspended
/// (<c>CLOCK_BOOTTIME</c>), which <c>CLOCK_MONOTONIC</c> does not: a staleness bound must not stop growing then.
/// </summary>
public static partial class NodeClock
{
    private const int BootTime = 7;

    public static TimeSpan Elapsed =>
        OperatingSystem.IsLinux() && Read(BootTime, out var time) == 0
            ? TimeSpan.FromTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / TimeSpan.NanosecondsPerTick))
            : TimeProvider.System.GetElapsedTime(0);

    public static Moment Now => new(Elapsed, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Read(int clock, out TimeSpec time);

    /// <summary>struct timespec on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
