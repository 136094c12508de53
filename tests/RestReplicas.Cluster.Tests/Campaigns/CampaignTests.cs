namespace RestReplicas.Cluster.Tests.Campaigns;

/// <summary>A short campaign; the long one is a command (see <see cref="CampaignCommand"/>).</summary>
[MostlyWaiting]
public sealed class CampaignTests : ClusterTest
{
    private const int Seed = 5;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(16);

    [Fact]
    public async Task Faults_of_many_kinds_at_once_break_no_promise()
    {
        var ground = await Ground.Lay(members: 3);
        var cluster = PrepareCluster(Campaign.Shape(ground));
        var campaign = new Campaign(cluster, Seed, line => TestContext.Current.TestOutputHelper?.WriteLine(line))
        {
            Kinds = Faults.Possible(ground, clocks: false),
        };
        await campaign.Run(Length, Length / 2, TestContext.Current.CancellationToken);
        Assert.True(campaign.Table.Violations.Count == 0, string.Join('\n', campaign.Table.Lines()));
        Assert.True(campaign.Table is { Faults: >= 4, Answered: >= 200 }, string.Join('\n', campaign.Table.Lines()));
    }

    [Fact]
    public void A_plan_is_drawn_from_its_seed()
    {
        string[] nodes = ["n1", "n2", "n3"];
        var kinds = Enum.GetValues<FaultKind>();
        var plans = Enumerable.Range(0, 50).Select(seed => FaultPlan.Draw(seed, TimeSpan.FromSeconds(20), nodes, kinds)).ToList();
        Assert.Equal(plans[7], FaultPlan.Draw(7, TimeSpan.FromSeconds(20), nodes, kinds));
        Assert.NotEqual(plans[7], plans[8]);
        Assert.Equal(kinds.Length, plans.SelectMany(p => p).DistinctBy(f => f.Kind).Count());
    }
}
