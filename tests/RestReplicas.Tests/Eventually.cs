using System.Diagnostics;
using Xunit;

namespace RestReplicas.Tests;

/// <summary>Waits for a condition, never for a time.</summary>
internal static class Eventually
{
    public static Task Holds(Func<bool> condition, CancellationToken cancellation, TimeSpan? deadline = null, Func<string>? known = null) =>
        Holds(() => Task.FromResult(condition()), cancellation, deadline, known);

    /// <param name="known">What the message says besides, should it not come true.</param>
    public static async Task Holds(
        Func<Task<bool>> condition, CancellationToken cancellation, TimeSpan? deadline = null, Func<string>? known = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > (deadline ?? TimeSpan.FromSeconds(60)))
            {
                Assert.Fail($"the condition did not come true in time\n{known?.Invoke()}".TrimEnd());
            }

            await Task.Delay(10, cancellation);
        }
    }
}
