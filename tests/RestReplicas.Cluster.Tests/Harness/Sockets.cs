using System.Globalization;

namespace RestReplicas.Cluster.Tests.Harness;

internal static class Sockets
{
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>
    /// Which of these processes owns the TCP connection from one port of this machine to another; null: none, or not any more.
    /// By both ports: two connections to different ones may have the same port of their own.
    /// </summary>
    public static int? Owner(int localPort, int remotePort, IEnumerable<int> processes)
    {
        var (local, remote) = (Hex(localPort), Hex(remotePort));
        var inodes = Tables
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Where(line => line.Contains(local, StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9
                && fields[1].EndsWith(local, StringComparison.Ordinal) && fields[2].EndsWith(remote, StringComparison.Ordinal))
            .Select(fields => $"socket:[{fields[9]}]")
            .ToHashSet();
        return processes.Cast<int?>().FirstOrDefault(process => Descriptors(process!.Value).Any(inodes.Contains));
    }

    private static string Hex(int port) => ":" + port.ToString("X4", CultureInfo.InvariantCulture);

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
