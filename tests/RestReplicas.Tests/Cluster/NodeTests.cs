using System.Net;
using System.Net.Sockets;
using RestReplicas.Cluster;
using RestReplicas.Documents;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Cluster;

public sealed class NodeTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

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
    public async Task A_node_that_cannot_listen_does_not_start_and_lets_go_of_its_file()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var voters = new Dictionary<string, string> { ["n1"] = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}" };

        await Assert.ThrowsAsync<IOException>(() => TestNode.Start("n1", _directory, voters, Cancelled));

        taken.Stop();
        await using var node = await TestNode.Start("n1", _directory, voters, Cancelled);
        await node.Until(status => status.Leads, Cancelled);
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
    public async Task A_follower_that_was_away_is_fed_from_the_leaders_file()
    {
        await using var cluster = await TestCluster.Start(
            3, _directory, Cancelled, ("Replication:TailBytes", "65536"), ("Replication:BatchBytes", "8192"));
        var leader = await cluster.Leader(Cancelled);
        var away = cluster.Nodes.First(node => node != leader);
        var name = away.Status.Name.Value;
        await cluster.Stop(away);
        var body = $$"""{"x":"{{new string('x', 1000)}}"}""";
        var writes = await Task.WhenAll(Enumerable.Range(0, 300).Select(i =>
            leader.Node.Write(TestNode.Put($"d-{i}", body), Acks.Majority, Limit, Cancelled).AsTask()));
        Assert.All(writes, result => Assert.IsType<WriteResult.Applied>(result));

        var back = await cluster.Start(name, Cancelled);

        await back.Until(status => status.Applied.Index >= leader.Status.Applied.Index, Cancelled);
        Assert.All(Enumerable.Range(0, 300), i => Assert.Equal(body, back.Body($"d-{i}")));
    }

    [Fact]
    public async Task More_writes_than_fit_are_turned_away_and_the_others_happen()
    {
        await using var node = await TestNode.Start("n1", _directory, TestNode.Voters(1), Cancelled, ("Replication:WriteQueue", "10"));
        await node.Until(status => status.Leads, Cancelled);

        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(i =>
            node.Node.Write(TestNode.Put($"d-{i}", "{}"), Acks.Majority, Limit, Cancelled).AsTask()));

        Assert.Contains(results, result => result is WriteResult.Overloaded);
        for (var i = 0; i < results.Length; i++)
        {
            Assert.Equal(results[i] is WriteResult.Applied ? "{}" : null, node.Body($"d-{i}"));
        }
    }

    [Fact]
    public async Task A_leader_whose_disk_is_full_makes_way_and_the_cluster_goes_on()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var leader = await cluster.Leader(Cancelled);
        var name = leader.Status.Name.Value;
        await cluster.Stop(leader);
        var full = await cluster.Start(name, Cancelled, ("Storage:MaxDatabaseBytes", "200000"), ("Storage:Reserve", "0"));
        var body = $$"""{"x":"{{new string('x', 20000)}}"}""";

        for (var i = 0; i < 30; i++)
        {
            var writer = await cluster.Leader(Cancelled);
            var result = await writer.Node.Write(TestNode.Put($"d-{i}", body), Acks.Majority, Limit, Cancelled);
            Assert.True(i > 0 || result is WriteResult.Applied, $"{result}");
            if (i == 0)
            {
                // While there is room: entries that are saved may leave none to apply them.
                await Eventually.Holds(() => full.Body("d-0") == body, Cancelled);
            }
        }

        await full.Until(status => status.LastError?.StartsWith("A save failed", StringComparison.Ordinal) == true, Cancelled);
        await Eventually.Holds(
            async () => await (await cluster.Leader(Cancelled)).Node.Write(
                TestNode.Put("last", body), Acks.Majority, TimeSpan.FromSeconds(2), Cancelled) is WriteResult.Applied,
            Cancelled);
        Assert.Equal(body, full.Body("d-0"));
    }

    [Fact]
    public async Task A_node_of_another_cluster_is_refused_and_both_sides_say_so()
    {
        var voters = TestNode.Voters(2);
        var alone = new Dictionary<string, string> { ["n1"] = voters["n1"] };
        await using (var founder = await TestNode.Start("n1", _directory, alone, Cancelled))
        {
            await founder.Until(status => status.Leads, Cancelled);
        }

        alone = new Dictionary<string, string> { ["n2"] = voters["n2"] };
        await using (var founder = await TestNode.Start("n2", _directory, alone, Cancelled))
        {
            await founder.Until(status => status.Leads, Cancelled);
        }

        await using var first = await TestNode.Start("n1", _directory, voters, Cancelled);
        await using var second = await TestNode.Start("n2", _directory, voters, Cancelled);
        await first.Until(status => status.Leads, Cancelled);
        await second.Until(status => status.Leads, Cancelled);
        second.Peers.Send(
            new(new("n1"), 1, new ReadIndexRequest(new(new("n2"), second.Status.Disk, second.Status.View.Configuration!.Cluster, new(1)))),
            append => append,
            _ => { });

        await first.Until(status => status.LastError == "n2 belongs to another cluster.", Cancelled);
        await second.Until(status => status.LastError == "n1 belongs to another cluster.", Cancelled);
    }

    [Fact]
    public async Task A_stopping_node_takes_no_more_writes_and_lets_nobody_wait()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var leader = await cluster.Leader(Cancelled);
        var node = leader.Node;
        var waiting = node.WaitForStatus(_ => false, Limit, Cancelled).AsTask();

        await cluster.Stop(leader);

        Assert.True((await waiting).Draining);
        Assert.IsType<WriteResult.NotLeader>(await node.Write(TestNode.Put("a", "{}"), Acks.Majority, Limit, Cancelled));
        Assert.IsType<ReadIndexResult.NotConfirmed>(await node.ConfirmRead(Limit, Cancelled));
    }

    [Fact]
    public async Task Without_a_majority_nothing_is_confirmed_and_the_leader_steps_down()
    {
        await using var cluster = await TestCluster.Start(
            3, _directory, Cancelled, ("Replication:QuorumTimeout", "00:00:00.8"), ("Replication:ElectionSilence", "00:00:01"));
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
