using System.Diagnostics;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>Waiting for conditions, always with a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static Task Holds(Func<bool> condition, TimeSpan limit, Func<string> otherwise) =>
        Holds(() => Task.FromResult(condition()), limit, otherwise);

    public static async Task Holds(Func<Task<bool>> condition, TimeSpan limit, Func<string> otherwise)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > limit)
            {
                Assert.Fail($"Not within {limit.TotalSeconds} s: {otherwise()}");
            }

            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The first result that is not null.</summary>
    public static async Task<T> Gives<T>(Func<Task<T?>> source, TimeSpan limit, Func<string> otherwise)
        where T : class
    {
        T? result = null;
        await Holds(async () => (result = await source()) is not null, limit, otherwise);
        return result!;
    }

    /// <summary>Lets a fault last: the duration is part of the fault, not a wait for something to happen.</summary>
    public static Task Lasts(TimeSpan fault) => fault > TimeSpan.Zero ? Task.Delay(fault, TestContext.Current.CancellationToken) : Task.CompletedTask;
}
