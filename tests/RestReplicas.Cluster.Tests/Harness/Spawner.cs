using System.Collections.Concurrent;
using System.Diagnostics;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>
/// Starts processes that the kernel kills when the test run ends, however it ends (<c>setpriv --pdeathsig</c>). It does so
/// at the end of the *thread* that started them, hence one thread that never ends.
/// </summary>
internal static class Spawner
{
    private static readonly BlockingCollection<Action> Work = [];
    private static readonly string SetPriv = Programs.Installed("setpriv", "util-linux");

    static Spawner() => new Thread(() =>
    {
        foreach (var work in Work.GetConsumingEnumerable())
        {
            work();
        }
    })
    { IsBackground = true, Name = "spawner" }.Start();

    /// <summary>Starts the process under its own id: setpriv becomes the program.</summary>
    public static void Start(Process process)
    {
        var start = process.StartInfo;
        start.ArgumentList.Insert(0, start.FileName);
        start.ArgumentList.Insert(0, "KILL");
        start.ArgumentList.Insert(0, "--pdeathsig");
        start.FileName = SetPriv;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                process.Start();
                started.SetResult();
            }
            catch (Exception error)
            {
                started.SetException(error);
            }
        });
        started.Task.GetAwaiter().GetResult();
    }
}
