using System.Text;

namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>protocol.md §10 and invariant 12: who votes, and what a majority of them has.</summary>
public sealed class MembershipTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    public void Two_majorities_of_the_same_voters_always_meet(int voters, int majority)
    {
        Assert.Equal(majority, Of(voters).Majority);
        Assert.True(majority * 2 > voters);
    }

    [Theory]
    [InlineData(7, new long[] { 7 })]
    [InlineData(7, new long[] { 7, 9, 4 })]
    [InlineData(4, new long[] { 4, 4, 9 })]
    [InlineData(4, new long[] { 4, 9 })]
    [InlineData(3, new long[] { 1, 2, 3, 4, 5 })]
    public void What_a_majority_has_reached_is_what_that_many_have_at_least(long reached, long[] each)
    {
        Assert.Equal(reached, Of(each.Length).ReachedByMajority(v => each[Peers.Number(v.Name) - 1]));
    }

    [Fact]
    public void A_voter_is_a_name_with_its_disk()
    {
        Assert.True(Of(3).Names(Peers.Name(2), Peers.Disk(2)));
        Assert.False(Of(3).Names(Peers.Name(2), Peers.Disk(22)));
        Assert.False(Of(3).Names(Peers.Name(1), Peers.Disk(2)));
    }

    [Fact]
    public void A_configuration_survives_the_log()
    {
        var read = Configuration.Decode(Of(3).Encode().Span);
        Assert.Equal((Bench.Cluster, 3), (read.Cluster, read.Voters.Count));
        Assert.Equal(Of(3).Voters, read.Voters);
    }

    [Fact]
    public void A_configuration_of_an_unknown_format_is_never_skipped()
    {
        var newer = Encoding.UTF8.GetString(Of(3).Encode().Span).Replace("\"Format\":1", "\"Format\":2", StringComparison.Ordinal);
        Assert.Throws<InvariantBrokenException>(() => Configuration.Decode(Encoding.UTF8.GetBytes(newer)));
    }

    private static Configuration Of(int voters) =>
        new(Bench.Cluster, [.. Enumerable.Range(1, voters).Select(i => new Voter(Peers.Name(i), Peers.Disk(i)))]);
}
