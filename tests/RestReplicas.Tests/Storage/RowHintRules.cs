using System.Globalization;
using RestReplicas.Storage;
using Xunit;

namespace RestReplicas.Tests.Storage;

public sealed class RowHintRules
{
    [Fact]
    public void What_was_added_last_is_found_and_nothing_is_said_of_the_rest()
    {
        var hints = new RowHints();
        Assert.Equal(0, hints.Find("things", "a"));
        hints.Add("things", "a", 7);
        hints.Add("others", "a", 8);
        Assert.Equal((7, 8, 0), (hints.Find("things", "a"), hints.Find("others", "a"), hints.Find("things", "b")));
        hints.Add("things", "a", 9);
        Assert.Equal(9, hints.Find("things", "a"));
        hints.Add("things", "a", 1L << 40);
        Assert.Equal(9, hints.Find("things", "a"));
    }

    [Fact]
    public void Of_a_million_nearly_all_are_found_and_of_a_million_strangers_hardly_any()
    {
        var hints = new RowHints();
        for (var number = 1; number <= 1_000_000; number++)
        {
            hints.Add("things", Id(number), number);
        }

        Assert.InRange(Enumerable.Range(1, 1_000_000).Count(number => hints.Find("things", Id(number)) == number), 950_000, 1_000_000);
        Assert.InRange(Enumerable.Range(1, 1_000_000).Count(number => hints.Find("others", Id(number)) != 0), 0, 100);
    }

    private static string Id(int number) => number.ToString(CultureInfo.InvariantCulture);
}
