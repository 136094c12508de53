using System.Globalization;

namespace RestReplicas.Benchmarks.Driving;

/// <summary>
/// Sides that take turns, another one first each time: what else the machine does meets all of them. The first round does not
/// count: what is compiled while it runs, and compiled again once it is known to be hot, is not done with that for half a minute.
/// </summary>
internal static class Rounds
{
    /// <param name="rounds">That count.</param>
    /// <param name="measure">A side, by its number, in a round that it is told in words.</param>
    /// <returns>What was measured: by round, then by side.</returns>
    public static async Task<List<T[]>> Run<T>(int rounds, int sides, Func<int, string, Task<T>> measure)
    {
        var counted = new List<T[]>();
        for (var round = 0; round <= rounds; round++)
        {
            var measured = new T[sides];
            for (var turn = 0; turn < sides; turn++)
            {
                var side = (turn + round) % sides;
                measured[side] = await measure(side, round == 0 ? "not counted" : string.Create(CultureInfo.InvariantCulture, $"round {round} of {rounds}"));
            }

            if (round > 0)
            {
                counted.Add(measured);
            }
        }

        return counted;
    }
}
