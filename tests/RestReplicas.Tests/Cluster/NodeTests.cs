using RestReplicas.Cluster;
using RestReplicas.Documents;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Cluster;

public sealed class NodeTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly string _directory = Directory.CreateTempSubdirectory("node-tests-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_single_voter_founds_its_cluster_and_takes_writes()
    {
        await using var node = await TestNode.Start("n1", _directory, TestNode.Voters(1), Cancelled);
        await node.Until(status => status.Leads, Cancelled);

        var result = await node.Node.Write(TestNode.Put("a", """{"x":1}"""), Acks.Majority, Limit, Cancelled);

        var applied = Assert.IsType<WriteResult.Applied>(result);
        Assert.Equal([ChangeResult.Created], Assert.IsType<Outcome.Done>(applied.Outcome).Results);
        Assert.Equal((1, 1), (applied.Acks, applied.Voters));
        Assert.Equal("""{"x":1}""", node.Body("a"));
        Assert.Equal(applied.Position, node.Status.Applied);
    }

    [Fact]
    public async Task A_node_that_starts_again_has_what_it_had()
    {
        var voters = TestNode.Voters(1);
        Position written;
        await using (var node = await TestNode.Start("n1", _directory, voters, Cancelled))
        {
            await node.Until(status => status.Leads, Cancelled);
            written = Assert.IsType<WriteResult.Applied>(
                await node.Node.Write(TestNode.Put("a", """{"x":1}"""), Acks.Majority, Limit, Cancelled)).Position;
        }

        await using var again = await TestNode.Start("n1", _directory, voters, Cancelled);
        var status = await again.Until(s => s.Leads, Cancelled);

        Assert.True(status.Applied > written);
        Assert.Equal("""{"x":1}""", again.Body("a"));
    }

    [Fact]
    public async Task Three_nodes_found_a_cluster_and_a_write_reaches_them_all()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var leader = await cluster.Leader(Cancelled);

        var result = await leader.Node.Write(TestNode.Put("a", """{"x":1}"""), Acks.All, Limit, Cancelled);

        var applied = Assert.IsType<WriteResult.Applied>(result);
        Assert.Equal((3, 3), (applied.Acks, applied.Voters));
        foreach (var node in cluster.Nodes)
        {
            Assert.True(await node.Node.WaitForApplied(applied.Position.Index, Limit, Cancelled));
            Assert.Equal("""{"x":1}""", node.Body("a"));
        }
    }

    [Fact]
    public async Task A_follower_takes_no_write_and_says_who_does()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var leader = await cluster.Leader(Cancelled);
        var follower = cluster.Nodes.First(node => node != leader);
        await follower.Until(status => status.View.Leader == leader.Status.Name, Cancelled);

        Assert.IsType<WriteResult.NotLeader>(
            await follower.Node.Write(TestNode.Put("a", "{}"), Acks.Majority, Limit, Cancelled));

        Assert.Equal(leader.Status.Address, follower.Status.LeaderElsewhere);
    }

    [Fact]
    public async Task A_linearizable_read_on_a_follower_sees_the_write_before_it()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var leader = await cluster.Leader(Cancelled);
        var follower = cluster.Nodes.First(node => node != leader);
        for (var i = 0; i < 20; i++)
        {
            var written = Assert.IsType<WriteResult.Applied>(
                await leader.Node.Write(TestNode.Put("a", $$"""{"x":{{i}}}"""), Acks.Majority, Limit, Cancelled));

            var read = Assert.IsType<ReadIndexResult.Confirmed>(await follower.Node.ConfirmRead(Limit, Cancelled));

            Assert.True(read.Index >= written.Position.Index);
            Assert.Equal($$"""{"x":{{i}}}""", follower.Body("a"));
        }
    }

    [Fact]
    public async Task When_the_leader_goes_another_takes_over_with_everything()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var first = await cluster.Leader(Cancelled);
        for (var i = 0; i < 50; i++)
        {
            Assert.IsType<WriteResult.Applied>(
                await first.Node.Write(TestNode.Put($"before-{i}", "{}"), Acks.Majority, Limit, Cancelled));
        }

        await cluster.Stop(first);
        var second = await cluster.Leader(Cancelled);

        Assert.IsType<WriteResult.Applied>(
            await second.Node.Write(TestNode.Put("after", "{}"), Acks.Majority, Limit, Cancelled));
        Assert.All(Enumerable.Range(0, 50), i => Assert.Equal("{}", second.Body($"before-{i}")));
    }

    [Fact]
    public async Task Without_a_majority_nothing_is_confirmed_and_the_leader_steps_down()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var leader = await cluster.Leader(Cancelled);
        foreach (var other in cluster.Nodes.Where(node => node != leader).ToList())
        {
            await cluster.Stop(other);
        }

        await leader.Until(status => status.View.Role != Role.Leader, Cancelled);

        Assert.IsType<WriteResult.NotLeader>(
            await leader.Node.Write(TestNode.Put("a", "{}"), Acks.Majority, Limit, Cancelled));
        Assert.IsType<ReadIndexResult.NotConfirmed>(
            await leader.Node.ConfirmRead(TimeSpan.FromMilliseconds(200), Cancelled));
    }
}
