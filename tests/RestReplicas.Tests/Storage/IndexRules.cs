using System.Text;
using RestReplicas.Documents;
using RestReplicas.Documents.Lists;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

public sealed partial class IndexRules
{
    private const int Complete = 2;

    [Fact]
    public async Task An_index_is_defined_once_and_may_be_given_another_path()
    {
        using var world = new StoreWorld();
        await world.Run(Put("a", """{"n":1}"""));

        Assert.Equal(ChangeResult.Created, Result(await world.Run(Index("by-n", "n"))));
        Assert.Equal(ChangeResult.Replaced, Result(await world.Run(Index("by-n", "n"))));
        Assert.Equal(new(new(1), 2), world.Reader.Indexes("things").Indexes.Single().Version);
        Assert.Equal(ChangeResult.Replaced, Result(await world.Run(Index("by-n", @"m\.x"))));
        var index = world.Reader.Indexes("things").Indexes.Single();
        Assert.Equal(("by-n", @"m\.x", new Position(new(1), 4)), (index.Name, index.Path, index.Version));
        Assert.Equal(ChangeResult.Deleted, Result(await world.Run(NoIndex("by-n"))));
        Assert.Equal(new Outcome.NotFound(0), await world.Run(NoIndex("by-n")));
        Assert.Empty(world.Reader.Indexes("things").Indexes);
        await Eventually.Holds(() => world.Query("SELECT count(*) FROM index_entries UNION ALL SELECT count(*) FROM index_contents").Sum() == 0, Cancellation);
    }

    [Fact]
    public async Task A_collection_has_sixteen_indexes_at_most_and_is_there_for_having_one()
    {
        using var world = new StoreWorld();
        for (var i = 0; i < 16; i++)
        {
            Assert.Equal(ChangeResult.Created, Result(await world.Run(Index($"i{i}", "n"))));
        }

        Assert.Equal(new Outcome.TooManyIndexes(), await world.Run(Index("i16", "n")));
        Assert.Equal(ChangeResult.Replaced, Result(await world.Run(Index("i15", "m"))));
        Assert.Equal([("things", 0L)], world.Reader.Collections().Collections);
        await world.Run(Put("a"));
        Assert.Equal([("things", 1L)], world.Reader.Collections().Collections);
    }

    [Fact]
    public async Task Definitions_are_in_the_digest_and_contents_are_not()
    {
        using var world = new StoreWorld(digestEvery: 1);
        await world.Run(Put("a", """{"n":1}"""));
        await world.Run(Index("by-n", "n"));
        await Ready(world);
        var with = world.Digests[^1].Digest;
        await world.Run(NoIndex("by-n"));

        Assert.NotEqual(world.Digests[0].Digest, with);
        Assert.Equal(world.Digests[0].Digest, world.Digests[^1].Digest);
        Assert.Equal(world.Digests[^1].Digest, world.Reload().Digest);
    }

    [Fact]
    public async Task A_damaged_definition_is_damage()
    {
        using var world = new StoreWorld();
        await world.Run(Index("by-n", "n"));
        world.Tamper("UPDATE indexes SET path = 'm'");

        Assert.Throws<DamagedStateException>(() => world.Reader.Indexes("things"));
        Assert.Throws<DamagedStateException>(() => Page(world, "n"));
    }

    /// <summary>Whatever comes before, during and after the filling.</summary>
    [Fact]
    public async Task An_index_holds_every_document_once_while_they_come_change_and_go()
    {
        using var world = new StoreWorld();
        var random = new Random(7);
        for (var round = 0; round < 40; round++)
        {
            var writes = Enumerable.Range(0, 20).Select(_ => random.Next(60)).Select(i => random.Next(4) == 0 ? Delete($"d{i:D2}") : Put($"d{i:D2}", $$"""{"n":{{random.Next(9)}}}"""));
            await world.RunAll([.. writes, .. round % 8 == 3 ? [Index("by-n", round == 3 ? "x" : "n")] : Array.Empty<Command>()]);
        }

        await Ready(world);
        Assert.Equal(
            world.Query("SELECT number FROM documents ORDER BY number"), world.Query("SELECT document FROM index_entries ORDER BY document"));
        var documents = world.List("things", null, 100).Items;
        Assert.Equal(
            documents.OrderBy(d => Encoding.UTF8.GetString(d.Body), StringComparer.Ordinal).Select(d => d.Id),
            Page(world, "n").Items.Select(d => d.Id));
        Assert.Equal("by-n", Page(world, "n").Cost.Index);
    }

    [Fact]
    public async Task Filling_goes_on_after_a_restart_and_writes_go_on_meanwhile()
    {
        using var world = new StoreWorld();
        await world.RunAll([.. Enumerable.Range(0, 3000).Select(i => Put($"d{i:D4}", $$"""{"n":{{i % 10}},"x":"{{new string('x', 500)}}"}"""))]);
        await world.Run(Index("by-n", "n"));
        world.Reopen();
        await world.Run(Put("a", """{"n":-1}"""));
        await world.Run(Put("z", """{"n":-2}"""));
        await world.Run(Delete("d1500"));

        await Ready(world);
        Assert.Equal(3001, world.Query("SELECT count(*) FROM index_entries").Single());
        Assert.Equal("z a", string.Join(' ', Page(world, "n", limit: 2).Items.Select(d => d.Id)));
    }

    [Fact]
    public async Task A_snapshot_brings_the_indexes_along()
    {
        using var world = new StoreWorld();
        await world.Run(Put("a", """{"n":1}"""));
        await world.Run(Index("by-n", "n"));
        await Ready(world);
        using var other = new StoreWorld();

        other.Install(await world.SendSnapshot(other), new(new(1), null));

        await Ready(other);
        Assert.Equal("by-n", Page(other, "n").Cost.Index);
        Assert.Equal(ChangeResult.Created, Result(await other.Run(Put("b", """{"n":0}"""))));
        Assert.Equal("b a", string.Join(' ', Page(other, "n").Items.Select(d => d.Id)));
    }

    [Theory]
    [InlineData("UPDATE index_entries SET key = x'3001' WHERE id = 'd5'")]
    [InlineData("UPDATE index_entries SET document = 1 WHERE id = 'd5'")]
    public async Task A_wrong_entry_is_never_believed_and_the_index_is_filled_anew(string damage)
    {
        using var world = new StoreWorld();
        await world.RunAll([.. Enumerable.Range(1, 9).Select(i => Put($"d{i}", $$"""{"n":{{i}}}""")), Index("by-n", "n")]);
        await Ready(world);
        world.Tamper(damage);

        var page = Page(world, "n");

        Assert.Equal("d1 d2 d3 d4 d5 d6 d7 d8 d9", string.Join(' ', page.Items.Select(d => d.Id)));
        Assert.Null(page.Cost.Index);
        await Eventually.Holds(() => Page(world, "n").Cost.Index == "by-n", Cancellation);
        Assert.Empty(world.Damage);
    }

    [Fact]
    public async Task An_entry_that_is_missed_when_its_document_goes_tells_that_others_may_be_missing()
    {
        using var world = new StoreWorld();
        await world.RunAll([Put("a", """{"n":1}"""), Put("b", """{"n":2}"""), Index("by-n", "n")]);
        await Ready(world);
        world.Tamper("DELETE FROM index_entries");
        await world.Run(Delete("a"));

        await Eventually.Holds(() => Page(world, "n") is { Cost.Index: "by-n", Items: [{ Id: "b" }] }, Cancellation);
    }

    [Fact]
    public async Task An_entry_that_is_missing_is_found_in_the_background()
    {
        using var world = new StoreWorld();
        await world.RunAll([Put("a", """{"n":1}"""), Put("b", """{"n":2}"""), Index("by-n", "n")]);
        await Ready(world);
        world.Tamper("DELETE FROM index_entries WHERE id = 'a'");
        world.Reopen();

        await Eventually.Holds(() => Page(world, "n") is { Cost.Index: "by-n", Items: [{ Id: "a" }, { Id: "b" }] }, Cancellation);
        Assert.Empty(world.Damage);
    }

    [Fact]
    public async Task A_state_that_is_taken_as_it_is_has_its_indexes_filled_anew()
    {
        using var world = new StoreWorld();
        await world.RunAll([Put("a", """{"n":1}"""), Put("b", """{"n":2}"""), Index("by-n", "n")]);
        await Ready(world);
        world.Close();
        world.Tamper("UPDATE documents SET body = CAST('{\"n\":3}' AS BLOB) WHERE id = 'a'");
        world.Tamper("UPDATE indexes SET updated_at = 9");
        DataDirectory.Recover(world.Path, null, "test", new("n1"), _ => { }, force: true);
        world.Open();

        await Eventually.Holds(() => Page(world, "n") is { Cost.Index: "by-n", Items: [{ Id: "b" }, { Id: "a" }] }, Cancellation);
        Assert.Empty(world.Damage);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Command Index(string name, string path) => new(null, [new Change.PutIndex("things", name, path)]);

    private static Command NoIndex(string name) => new(null, [new Change.DeleteIndex("things", name)]);

    private static ChangeResult Result(Outcome outcome) => Assert.Single(Assert.IsType<Outcome.Done>(outcome).Results);

    private static Task Ready(StoreWorld world) =>
        Eventually.Holds(() => world.Query($"SELECT count(*) FROM index_contents WHERE state != {Complete}").Single() == 0, Cancellation);

    private static ListResult.Page Page(StoreWorld world, string sort, string filters = "", int limit = 100) =>
        Assert.IsType<ListResult.Page>(world.Reader.List(Query(sort, filters, limit), Cancellation).Result);

    private static ListQuery Query(string sort, string filters, int limit = 100) => new(
        "things",
        [.. Filters(filters)],
        new([.. sort.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => new SortPath(MemberPath.Parse(p.TrimStart('-'), out _)!, p.StartsWith('-')))]),
        null)
    {
        Limits = new(limit, 1000, long.MaxValue),
    };

    private static IEnumerable<Filter> Filters(string filters) => filters.Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(f => f.Split('=')).Select(f => Filter.Parse(f[0], f[1], out var fault) ?? throw new InvalidOperationException(fault));
}
