using RestReplicas.Cluster;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Cluster;

public sealed class TransferTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("transfer-tests-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_leader_hands_over_to_the_voter_it_is_told()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var leader = await cluster.LeaderOfAll(Cancelled);
        var term = leader.Status.View.Term;
        var successor = cluster.Nodes.Last(node => node != leader);

        var result = await leader.Node.Transfer(successor.Status.Name, Cancelled);

        Assert.Equal(new TransferResult.Done(successor.Status.Name), result);
        var status = await successor.Until(s => s.Leads, Cancelled);
        Assert.Equal(term.Next, status.View.Term);
    }

    [Fact]
    public async Task Writes_in_flight_during_a_transfer_are_applied_or_certainly_did_not_happen()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var leader = await cluster.LeaderOfAll(Cancelled);
        var writes = Enumerable.Range(0, 200)
            .Select(i => leader.Node.Write(TestNode.Put($"d{i}", "{}"), Acks.Majority, Limit, Cancelled).AsTask()).ToList();

        var result = await leader.Node.Transfer(null, Cancelled);

        Assert.IsType<TransferResult.Done>(result);
        var ends = await Task.WhenAll(writes);
        Assert.All(ends, end => Assert.True(end is WriteResult.Applied or WriteResult.NotLeader, $"{end}"));
        var next = await cluster.LeaderOfAll(Cancelled);
        for (var i = 0; i < ends.Length; i++)
        {
            Assert.Equal(ends[i] is WriteResult.Applied, next.Body($"d{i}") is not null);
        }
    }

    [Fact]
    public async Task A_leader_alone_has_nobody_to_hand_over_to_and_leads_on()
    {
        await using var node = await TestNode.Start("n1", _directory, TestNode.Voters(1), Cancelled);
        await node.Until(status => status.Leads, Cancelled);

        Assert.IsType<TransferResult.Refused>(await node.Node.Transfer(null, Cancelled));
        Assert.IsType<TransferResult.Refused>(await node.Node.Transfer(new NodeName("n9"), Cancelled));

        Assert.IsType<WriteResult.Applied>(await node.Node.Write(TestNode.Put("a", "{}"), Acks.Majority, Limit, Cancelled));
    }

    [Fact]
    public async Task A_follower_cannot_hand_over_what_it_does_not_have()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var leader = await cluster.LeaderOfAll(Cancelled);
        var follower = cluster.Nodes.First(node => node != leader);

        Assert.IsType<TransferResult.Refused>(await follower.Node.Transfer(null, Cancelled));
    }
}
