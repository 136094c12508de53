using System.Globalization;

namespace RestReplicas.Cluster.Tests.Harness;

internal static class Sockets
{
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Which of these processes owns the TCP connection with this local port; null: none, or not any more.</summary>
    public static int? Owner(int localPort, IEnumerable<int> processes)
    {
        var wanted = ":" + localPort.ToString("X4", CultureInfo.InvariantCulture);
        var inodes = Tables
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Where(line => line.Contains(wanted, StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[1].EndsWith(wanted, StringComparison.Ordinal))
            .Select(fields => $"socket:[{fields[9]}]")
            .ToHashSet();
        return processes.Cast<int?>().FirstOrDefault(process => Descriptors(process!.Value).Any(inodes.Contains));
    }

    private static IEnumerable<string> Descriptors(int process)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Select(fd => new FileInfo(fd).LinkTarget ?? "")];
        }
        catch (IOException)
        {
            return []; // It ended under our eyes.
        }
    }
}
