using System.Globalization;
using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests.Checking;

/// <summary>The checker finds what is wrong, and nothing else.</summary>
public sealed class LinearizabilityTests
{
    [Fact]
    public void A_read_that_overlaps_a_write_may_see_either_value()
    {
        Assert.Equal(Ruling.Linearizable, Judge(Put("a", 0, 1), Put("b", 2, 5), Read("a", 3, 4), Read("b", 3, 4.5)));
        Assert.Equal(Ruling.NotLinearizable, Judge(Put("a", 0, 1), Put("b", 2, 8), Read("b", 3, 4), Read("a", 5, 6)));
    }

    [Fact]
    public void A_read_after_a_write_must_see_it()
    {
        Assert.Equal(Ruling.NotLinearizable, Judge(Put("a", 0, 1), Read(null, 2, 3)));
        Assert.Equal(Ruling.NotLinearizable, Judge(Put("a", 0, 1), Put("b", 2, 3), Read("a", 4, 5)));
        Assert.Equal(Ruling.NotLinearizable, Judge(Put("a", 0, 1), Read("never written", 4, 5)));
    }

    [Fact]
    public void A_write_of_unknown_outcome_may_happen_late_or_never_but_not_twice()
    {
        var unknown = Put("u", 0, 1) with { Ending = Ending.Unknown };
        Assert.Equal(Ruling.Linearizable, Judge(unknown, Put("a", 2, 3), Read("a", 4, 5)));
        Assert.Equal(Ruling.Linearizable, Judge(unknown, Put("a", 2, 3), Read("a", 4, 5), Read("u", 6, 7)));
        Assert.Equal(Ruling.NotLinearizable, Judge(unknown, Put("a", 2, 3), Read("u", 4, 5), Put("b", 6, 7), Read("u", 8, 9)));
        Assert.Equal(Ruling.NotLinearizable, Judge(unknown, Put("a", 2, 3), Read("u", 4, 5), Read("a", 8, 9)));
        Assert.Equal(Ruling.Linearizable, Judge(Put("a", 0, 1), Delete(0, 1) with { Ending = Ending.Unknown }, Read(null, 4, 5)));
        Assert.Equal(Ruling.NotLinearizable, Judge(Read("u", 0, 1), Put("u", 2, 3) with { Ending = Ending.Unknown }));
        Assert.Equal(Ruling.NotLinearizable, Judge(unknown with { Ending = Ending.Never }, Read("u", 4, 5)));
    }

    [Fact]
    public void Of_two_writes_on_condition_of_one_version_only_one_can_be_done()
    {
        Operation First(double ended) => Put("b", 2, ended) with { IfValue = "a" };
        var second = Put("c", 2, 6) with { IfValue = "a" };
        Assert.Equal(Ruling.NotLinearizable, Judge(Put("a", 0, 1), First(5), second));
        Assert.Equal(Ruling.Linearizable, Judge(Put("a", 0, 1), First(5), second with { Ending = Ending.Declined }));
        Assert.Equal(Ruling.NotLinearizable, Judge(Put("a", 0, 1), second with { Ending = Ending.Declined }, First(7)  with { Sent = Moment(6.5) }));
        Assert.Equal(Ruling.NotLinearizable, Judge(Put("a", 0, 1) with { IfAbsent = true }, Put("b", 2, 3) with { IfAbsent = true }));
    }

    [Fact]
    public void What_a_write_says_of_the_document_before_it_is_part_of_the_history()
    {
        Assert.Equal(Ruling.NotLinearizable, Judge(Put("a", 0, 1), Put("b", 2, 3) with { Existed = false }));
        Assert.Equal(Ruling.NotLinearizable, Judge(Put("a", 0, 1), Delete(2, 3) with { Ending = Ending.Declined, Existed = false }));
        Assert.Equal(Ruling.Linearizable, Judge(Put("a", 0, 1), Delete(2, 3), Delete(4, 5) with { Ending = Ending.Declined, Existed = false }));
    }

    [Fact]
    public void Right_histories_are_found_right()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            Assert.True(Judge([.. RightHistory.Draw(seed, 120, keys: 1)]) == Ruling.Linearizable, $"seed {seed}");
        }
    }

    [Fact]
    public void A_right_history_with_one_lie_in_it_is_found_wrong()
    {
        var found = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            foreach (var wrong in Lies(RightHistory.Draw(seed, 60, keys: 1)))
            {
                Assert.True(Judge([.. wrong]) == Ruling.NotLinearizable, $"seed {seed}");
                found++;
            }
        }

        Assert.True(found > 400, $"only {found} lies");
    }

    [Fact]
    public void Small_histories_are_judged_as_by_trying_every_order()
    {
        var wrong = 0;
        for (var seed = 0; seed < 5_000; seed++)
        {
            var random = new Random(seed);
            var history = Enumerable.Range(0, random.Next(2, 7)).Select(i => Any(random, i)).ToList();
            var tried = SomeOrder(history, null);
            Assert.True(Linearizability.Search(history) == (tried ? Ruling.Linearizable : Ruling.NotLinearizable), $"seed {seed}");
            wrong += tried ? 0 : 1;
        }

        Assert.InRange(wrong, 500, 4_500); // else this showed little
    }

    private static Ruling Judge(params Operation[] history) => Linearizability.Judge(history);

    private static TimeSpan Moment(double at) => TimeSpan.FromMilliseconds(at);

    private static Operation Put(string value, double sent, double ended) =>
        new() { Client = "c", Key = "k", Asked = Asked.Put, Value = value, Sent = Moment(sent), Ended = Moment(ended) };

    private static Operation Delete(double sent, double ended) =>
        new() { Client = "c", Key = "k", Asked = Asked.Delete, Sent = Moment(sent), Ended = Moment(ended) };

    private static Operation Read(string? value, double sent, double ended) =>
        new() { Client = "c", Key = "k", Asked = Asked.Read, Level = Level.Linearizable, Value = value, Sent = Moment(sent), Ended = Moment(ended) };

    /// <summary>Each makes the history wrong, whatever else is in it.</summary>
    private static IEnumerable<List<Operation>> Lies(List<Operation> right)
    {
        var end = right.Max(o => o.Ended).TotalMilliseconds + 10;
        var written = right.FindAll(o => o is { Asked: Asked.Put, Ending: Ending.Done });
        var read = right.FindLastIndex(o => o is { Asked: Asked.Read, Level: Level.Linearizable });
        if (written.Count > 1)
        {
            yield return [.. right, Put("x", end, end + 1), Read(written[^1].Value, end + 2, end + 3)];
            yield return [.. right, Put("x", end, end + 1) with { IfValue = written[0].Value }, Put("y", end, end + 1) with { IfValue = written[0].Value }];
        }

        if (read >= 0)
        {
            List<Operation> early = [.. right];
            early[read] = right[read] with { Value = "x" };
            yield return [.. early, Put("x", end, end + 1)];
            yield return early;
        }
    }

    private static Transition Any(Random random, int i)
    {
        var sent = random.NextDouble() * 10;
        var optional = random.Next(5) == 0;
        var ended = optional ? TimeSpan.MaxValue : Moment(sent + (random.NextDouble() * 6));
        var value = random.Next(4) is > 0 and var n ? n.ToString(CultureInfo.InvariantCulture) : null;
        return random.Next(3) switch
        {
            0 => new(Moment(sent), ended, !optional, _ => true, true, value),
            1 => new(Moment(sent), ended, !optional, v => v == value, true, i.ToString(CultureInfo.InvariantCulture)),
            _ => new(Moment(sent), ended, !optional, v => v == value, false, null),
        };
    }

    private static bool SomeOrder(List<Transition> left, string? value) =>
        !left.Exists(t => t.Required)
        || left.Exists(next =>
            next.Allows(value)
            && left.TrueForAll(other => other == next || other.Ended >= next.Sent)
            && SomeOrder(left.FindAll(t => t != next), next.Changes ? next.Leaves : value));
}
