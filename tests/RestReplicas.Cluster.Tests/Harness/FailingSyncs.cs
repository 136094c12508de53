namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>A process whose syncs fail on command: libfiu stands between it and the C library.</summary>
internal static class FailingSyncs
{
    private static readonly string[] _calls = ["posix/io/sync/fsync", "posix/io/sync/fdatasync"];

    /// <summary>Before it starts.</summary>
    public static void Prepare(ReplicaProcess node)
    {
        // What fiu-run -x does.
        node.Settings["LD_PRELOAD"] = "/usr/lib/fiu/fiu_run_preload.so /usr/lib/fiu/fiu_posix_preload.so";
        node.Settings["FIU_CTRL_FIFO"] = Fifo(node);
    }

    /// <param name="once">The next one only, of each kind; as a disk does that lost a few sectors.</param>
    public static Task Begin(ReplicaProcess node, bool once) =>
        Tell(node, _calls.Select(call => $"enable name={call},failinfo=5{(once ? ",onetime" : "")}"));

    public static Task End(ReplicaProcess node) => Tell(node, _calls.Select(call => $"disable name={call}"));

    private static async Task Tell(ReplicaProcess node, IEnumerable<string> commands)
    {
        await using var control = new ChildProcess(
            "fiu-ctrl", ["-f", Fifo(node), .. commands.SelectMany(c => (string[])["-c", c]), $"{node.Process.Id}"]);
        Assert.Equal(0, await control.WaitForExit(TimeSpan.FromSeconds(10)));
    }

    private static string Fifo(ReplicaProcess node) => node.Log + ".fiu";
}
