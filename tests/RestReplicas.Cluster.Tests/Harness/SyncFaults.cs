using System.Globalization;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>
/// Debian's fiu-utils: syncs of one running process fail with an I/O error, from one moment on to another. The process has
/// to be started for it, and then cannot have another wall clock too: each needs to be preloaded.
/// </summary>
internal static class SyncFaults
{
    private const string Libraries = "/usr/lib/fiu/fiu_run_preload.so /usr/lib/fiu/fiu_posix_preload.so";
    private const string Syncs = "name=posix/io/sync/*";
    private const int InputOutputError = 5;

    public static bool Possible => Shell.Find("fiu-ctrl") is not null && Libraries.Split(' ').All(File.Exists);

    /// <summary>By the last program before it, for every program opens its pipe anew.</summary>
    public static void Prepare(ReplicaProcess node) => node.Under = ["env", $"LD_PRELOAD={Libraries}", $"FIU_CTRL_FIFO={Pipe(node)}"];

    public static Task Begin(ReplicaProcess node) =>
        Control(node, string.Create(CultureInfo.InvariantCulture, $"enable {Syncs},failinfo={InputOutputError}"));

    public static Task End(ReplicaProcess node) => Control(node, $"disable {Syncs}");

    private static async Task Control(ReplicaProcess node, string order)
    {
        string[] arguments = ["-f", Pipe(node), "-c", order, node.Process.Id.ToString(CultureInfo.InvariantCulture)];
        var (code, output) = await Shell.Try("fiu-ctrl", arguments);
        Assert.True(code == 0 && output.Length == 0, $"fiu-ctrl {string.Join(' ', arguments)}: {output}");
    }

    private static string Pipe(ReplicaProcess node) => Path.ChangeExtension(node.Log, ".fiu");
}
