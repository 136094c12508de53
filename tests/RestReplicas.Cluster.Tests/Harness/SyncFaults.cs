using System.Globalization;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>
/// Debian's fiu-utils: syncs of one running process fail with an I/O error, from one moment on to another. The process has
/// to be started for it.
/// </summary>
internal static class SyncFaults
{
    private const string Libraries = "/usr/lib/fiu/fiu_run_preload.so /usr/lib/fiu/fiu_posix_preload.so";

    public static bool Possible => Shell.Find("fiu-ctrl") is not null && Libraries.Split(' ').All(File.Exists);

    public static void Prepare(ReplicaProcess node)
    {
        node.Settings["LD_PRELOAD"] = Libraries;
        node.Settings["FIU_CTRL_FIFO"] = Pipe(node);
    }

    public static Task Begin(ReplicaProcess node) => Control(node, "enable name=posix/io/sync/*,failinfo=5"); // EIO

    public static Task End(ReplicaProcess node) => Control(node, "disable name=posix/io/sync/*");

    private static async Task Control(ReplicaProcess node, string order)
    {
        var target = string.Create(CultureInfo.InvariantCulture, $"{Pipe(node)}-{node.Process.Id}");
        await using var pipe = new FileStream(target + ".in", FileMode.Open, FileAccess.Write);
        await pipe.WriteAsync(System.Text.Encoding.ASCII.GetBytes(order + "\n"));
        await pipe.FlushAsync();
        using var answers = new StreamReader(target + ".out");
        Assert.Equal("0", (await answers.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(5)))?.Trim());
    }

    private static string Pipe(ReplicaProcess node) => Path.ChangeExtension(node.Log, ".fiu");
}
