namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §2 and §6: all of a log that the rules look at.</summary>
public sealed class LogShapeTests
{
    [Fact]
    public void An_empty_log_ends_at_zero_and_contains_only_that()
    {
        var log = new LogShape();
        Assert.Equal(Position.Zero, log.Last);
        Assert.True(log.Contains(Position.Zero));
        Assert.False(log.Contains(Peers.At(1, 1)));
        Assert.Equal(Position.Zero, log.LastAtOrBelow(Peers.At(9, 9)));
    }

    [Fact]
    public void Every_index_has_the_term_that_was_appended_there()
    {
        long[] terms = [1, 1, 2, 5, 5, 5, 9];
        var log = Of(terms);
        Assert.Equal(terms.Select(t => (Term?)new Term(t)), Enumerable.Range(1, 7).Select(i => log.TermAt(i)));
        Assert.Null(log.TermAt(8));
        Assert.Null(log.TermAt(-1));
        Assert.Equal([(1L, new Term(1)), (3L, new Term(2)), (4L, new Term(5)), (7L, new Term(9))], log.Runs);
    }

    [Fact]
    public void Entries_are_appended_without_gaps_and_terms_never_fall()
    {
        var log = Of(1, 3);
        Assert.Throws<InvariantBrokenException>(() => log.Append(Peers.At(3, 4)));
        Assert.Throws<InvariantBrokenException>(() => log.Append(Peers.At(3, 2)));
        Assert.Throws<InvariantBrokenException>(() => log.Append(Peers.At(2, 3)));
    }

    [Theory]
    [InlineData(7, 7)]
    [InlineData(5, 4)]
    [InlineData(4, 3)]
    [InlineData(1, 0)]
    public void Removing_leaves_everything_before(long from, long last)
    {
        long[] terms = [1, 1, 2, 5, 5, 5];
        var log = Of(terms);
        log.RemoveFrom(from);
        Assert.Equal(Of(terms[..(int)Math.Min(last, 6)]).Runs, log.Runs);
        Assert.Equal(Math.Min(last, 6), log.LastIndex);
    }

    [Theory]
    [InlineData(2, 5, 1, 3)] // skips a whole term
    [InlineData(4, 4, 4, 4)]
    [InlineData(4, 9, 4, 5)] // beyond the end
    [InlineData(9, 2, 1, 2)] // the index limits too
    [InlineData(0, 5, 0, 0)]
    public void The_last_position_at_or_below_a_limit_is_what_two_logs_could_share(long term, long index, long sharedTerm, long sharedIndex)
    {
        Assert.Equal(Peers.At(sharedTerm, sharedIndex), Of(1, 1, 1, 4, 4).LastAtOrBelow(Peers.At(term, index)));
    }

    [Fact]
    public void Any_two_logs_find_where_they_part_by_hints_alone()
    {
        // Leader and follower exchange "you may share this with me" until they do: in as many rounds as they differ in terms.
        var random = new Random(5);
        for (var i = 0; i < 2000; i++)
        {
            var (leader, follower, shared) = TwoLogs(random);
            var probe = leader.Last;
            var rounds = 0;
            while (!follower.Contains(probe))
            {
                probe = leader.LastAtOrBelow(follower.LastAtOrBelow(probe));
                Assert.True(++rounds <= leader.Runs.Count + 1, "each hint skips at least a term");
            }

            Assert.True(probe.Index <= shared || leader.LastIndex <= shared);
        }
    }

    private static (LogShape Leader, LogShape Follower, int Shared) TwoLogs(Random random)
    {
        var shared = random.Next(0, 6);
        var prefix = Enumerable.Range(0, shared).Select(_ => (long)random.Next(1, 4)).Order().ToArray();
        var leader = Suffix(random, odd: true);
        var follower = Suffix(random, odd: false);
        return (Of([.. prefix, .. leader]), Of([.. prefix, .. follower]), shared);
    }

    /// <summary>Terms of one side only, for no term has two leaders.</summary>
    private static long[] Suffix(Random random, bool odd) =>
        [.. Enumerable.Range(0, random.Next(0, 6)).Select(_ => (random.Next(2, 6) * 2L) + (odd ? 1 : 0)).Order()];

    private static LogShape Of(params long[] terms)
    {
        var log = new LogShape();
        foreach (var term in terms)
        {
            log.Append(Peers.At(term, log.LastIndex + 1));
        }

        return log;
    }
}
