using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

public sealed class RecoveryRules
{
    private static readonly ClusterId _old = new(Guid.NewGuid());

    [Fact]
    public async Task A_recovered_disk_is_another_one_of_another_cluster_whose_only_voter_it_is()
    {
        using var world = await Founded();
        var before = world.State.Disk;
        world.Close();
        var recovered = DataDirectory.Recover(world.Path, null, "test", new("n1"), _ => { }, force: false);
        world.Open();
        var state = world.State;
        Assert.NotEqual(before, state.Disk);
        Assert.Equal((recovered.Cluster, recovered.Term, null), (state.Cluster, state.Term, state.VotedFor));
        Assert.NotEqual(_old, recovered.Cluster);
        Assert.Equal(new Position(state.Term, 5), state.Log.Last);
        Assert.True(state.Term.Value >= 1_000_003);
        Assert.Equal(new[] { (1L, 2), (5L, 1) }, state.Configurations.Select(c => (c.Index, c.Configuration.Voters.Count)));
        Assert.All(state.Configurations, c => Assert.Equal(recovered.Cluster, c.Configuration.Cluster));
        Assert.Equal(new Voter(new("n1"), state.Disk), state.Configurations[^1].Configuration.Voters.Single());

        // What was not known to be committed is kept, and committed now.
        Assert.Equal((3L, 4L), (state.Applied.Index, recovered.Last.Index));
        await world.ApplyThrough(5);
        Assert.Equal(("1", "2"), (world.Body("a"), world.Body("b")));
        Assert.All(world.Store.ReadEntries(1, 5, 1 << 20), entry => Assert.True(entry.IsIntact));
    }

    [Fact]
    public async Task Two_recoveries_of_the_same_log_never_give_one_version_to_two_contents()
    {
        using var one = await Founded();
        using var other = await Founded();
        one.Close();
        other.Close();
        var terms = new[] { one, other }.Select(world => DataDirectory.Recover(world.Path, null, "test", new("n1"), _ => { }, force: false).Term);
        Assert.Distinct(terms);
    }

    [Fact]
    public async Task A_recovery_that_is_refused_changes_nothing()
    {
        using var world = await Founded();
        var before = world.State.Disk;
        world.Close();
        Assert.Throws<StartupException>(() => DataDirectory.Recover(
            world.Path, null, "test", new("n1"), voters => throw new StartupException($"{voters.Count} voters"), force: false));
        Assert.Equal(["gen-1"], Directory.EnumerateDirectories(world.Path, "gen-*").Select(Path.GetFileName));
        world.Open();
        Assert.Equal(before, world.State.Disk);
    }

    [Fact]
    public async Task A_damaged_state_is_recovered_only_by_force_and_then_taken_as_it_is()
    {
        using var world = await Founded();
        world.Close();
        world.Tamper("UPDATE documents SET body = CAST('7' AS BLOB) WHERE id = 'a'");
        world.Tamper("UPDATE idempotency SET outcome = x'00'");
        Assert.Contains("things/a", Refusal(world), StringComparison.Ordinal);
        DataDirectory.Recover(world.Path, null, "test", new("n1"), _ => { }, force: true);
        world.Open();
        await world.ApplyThrough(5);
        Assert.Equal(("7", "2", 0), (world.Body("a"), world.Body("b"), world.Query("SELECT idx FROM idempotency").Count));
        using var connection = RestReplicas.Storage.Database.OpenReader(world.Data.Database);
        SnapshotFile.CheckRows(connection);
    }

    [Fact]
    public async Task A_state_that_a_majority_has_disowned_is_not_recovered_unasked()
    {
        using var world = await Founded();
        world.Data.MarkDamaged("a majority has another state");
        world.Close();
        Assert.Contains("a majority has another state", Refusal(world), StringComparison.Ordinal);
    }

    private static string Refusal(StoreWorld world) => Assert.Throws<StartupException>(
        () => DataDirectory.Recover(world.Path, null, "test", new("n1"), _ => { }, force: false)).Message;

    /// <summary>Two voters, four entries of terms 1 and 3, of which three are applied.</summary>
    private static async Task<StoreWorld> Founded()
    {
        var world = new StoreWorld();
        var configuration = new Configuration(_old, [new(new("n1"), world.State.Disk), new(new("n2"), new(Guid.NewGuid()))]);
        await world.Save(
            Entry.Create(new(new(1), 1), EntryKind.Configuration, 1, configuration.Encode()),
            Written(1, 2, Put("a", "1", key: Key("k"))),
            Noop(3, 3),
            Written(3, 4, Put("b", "2")));
        await world.ApplyThrough(3);
        return world;
    }
}
