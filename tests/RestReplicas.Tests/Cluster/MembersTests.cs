using RestReplicas.Cluster;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Cluster;

public sealed class MembersTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("members-tests-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_fourth_node_is_fed_as_a_learner_and_votes_when_it_is_told_to()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var leader = await cluster.LeaderOfAll(Cancelled);
        await Put(leader, "before");

        var fourth = await cluster.Start("n4", Cancelled);
        await fourth.Until(s => s.View.Role == Role.Learner && fourth.Body("before") is not null, Cancelled);
        Assert.Equal(3, (await Put(leader, "as-learner")).Voters);

        var change = Assert.IsType<VotersResult.Done>(await leader.Node.ChangeVoters(new("n4"), votes: true, Limit, Cancelled));

        Assert.Equal(["n1", "n2", "n3", "n4"], change.Configuration.Voters.Select(v => v.Name.Value).Order());
        Assert.Equal(4, (await Put(leader, "as-voter")).Voters);
        await fourth.Until(s => s.View.Role == Role.Follower, Cancelled);
    }

    [Fact]
    public async Task A_voter_that_is_taken_out_is_fed_on_and_counts_no_more()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var leader = await cluster.LeaderOfAll(Cancelled);
        var gone = cluster.Nodes.First(n => n != leader);

        Assert.IsType<VotersResult.Done>(await leader.Node.ChangeVoters(gone.Status.Name, votes: false, Limit, Cancelled));

        Assert.Equal(2, (await Put(leader, "after")).Voters);
        await gone.Until(s => s.View.Role == Role.Learner && gone.Body("after") is not null, Cancelled);
    }

    [Fact]
    public async Task A_leader_does_not_take_itself_out_nor_a_stranger_in()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled);
        var leader = await cluster.LeaderOfAll(Cancelled);

        Assert.IsType<VotersResult.Refused>(await leader.Node.ChangeVoters(leader.Status.Name, votes: false, Limit, Cancelled));
        Assert.IsType<VotersResult.Refused>(await leader.Node.ChangeVoters(new("n9"), votes: true, Limit, Cancelled));

        Assert.Equal(3, (await Put(leader, "after")).Voters);
    }

    [Fact]
    public async Task A_voter_whose_disk_was_wiped_comes_back_by_itself_and_votes_with_its_new_one()
    {
        await using var cluster = await TestCluster.Start(3, _directory, Cancelled, ("Replication:ReplaceAfter", "00:00:01"));
        var leader = await cluster.LeaderOfAll(Cancelled);
        await Put(leader, "before");
        var victim = cluster.Nodes.First(n => n != leader);
        var (name, old) = (victim.Status.Name, victim.Status.Disk);
        await cluster.Stop(victim);
        Directory.Delete(Path.Combine(_directory, name.Value), recursive: true);

        var again = await cluster.Start(name.Value, Cancelled);

        var status = await again.Until(
            s => s.View.Configuration?.Names(name, s.Disk) == true && s.View.Role == Role.Follower && again.Body("before") is not null, Cancelled);
        Assert.NotEqual(old, status.Disk);
        Assert.Equal((3, 3), await CopiesOfAWrite(leader));
    }

    private static async Task<WriteResult.Applied> Put(TestNode leader, string id) =>
        Assert.IsType<WriteResult.Applied>(await leader.Node.Write(TestNode.Put(id, "{}"), Acks.Majority, Limit, Cancelled));

    private static async Task<(int Copies, int Voters)> CopiesOfAWrite(TestNode leader)
    {
        var all = Assert.IsType<WriteResult.Applied>(
            await leader.Node.Write(TestNode.Put("everywhere", "{}"), Acks.All, Limit, Cancelled));
        return (all.Acks, all.Voters);
    }
}
