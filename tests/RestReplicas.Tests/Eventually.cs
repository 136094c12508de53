using System.Diagnostics;
using Xunit;

namespace RestReplicas.Tests;

/// <summary>Waits for a condition, never for a time.</summary>
internal static class Eventually
{
    public static Task Holds(Func<bool> condition, CancellationToken cancellation, TimeSpan? deadline = null) =>
        Holds(() => Task.FromResult(condition()), cancellation, deadline);

    public static async Task Holds(Func<Task<bool>> condition, CancellationToken cancellation, TimeSpan? deadline = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < (deadline ?? TimeSpan.FromSeconds(60)), "the condition did not come true in time");
            await Task.Delay(10, cancellation);
        }
    }
}
