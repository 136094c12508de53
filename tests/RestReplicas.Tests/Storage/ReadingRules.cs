using System.Text;
using RestReplicas.Documents;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

public sealed class ReadingRules
{
    [Fact]
    public async Task A_document_comes_back_byte_by_byte()
    {
        using var world = new StoreWorld();
        byte[] odd = [0, 255, 10, 13, 34, .. Enumerable.Range(0, 70_000).Select(i => (byte)i)];
        await world.Save(
            Written(1, 1, new(null, [new Change.Put("things", "odd", null, odd)])),
            Written(1, 2, new(null, [new Change.Put("things", "none", null, default)])));
        await world.ApplyThrough(2);
        Assert.Equal(odd, world.Reader.Get("things", "odd").Document!.Body);
        Assert.Empty(world.Reader.Get("things", "none").Document!.Body);
        Assert.Null(world.Reader.Get("Things", "odd").Document);
    }

    [Fact]
    public async Task Pages_follow_each_other_in_the_order_of_bytes()
    {
        using var world = new StoreWorld();
        string[] ids = ["b", "B", "a~", "a-", "a", "10", "9", "a.b"];
        await world.Save([.. ids.Select((id, i) => Written(1, i + 1, Put(id))), Written(1, 9, new(null, [new Change.Put("other", "a0", null, default)]))]);
        await world.ApplyThrough(9);
        var read = new List<string>();
        var more = true;
        while (more)
        {
            (_, var page, more) = world.List("things", read.LastOrDefault(), 3);
            Assert.InRange(page.Count, 1, 3);
            read.AddRange(page.Select(d => d.Id));
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal), read);
        Assert.Empty(world.List("none", null, 3).Items);
    }

    [Fact]
    public async Task A_page_is_bounded_in_bytes_but_never_empty_before_the_end()
    {
        using var world = new StoreWorld(new() { MaxPageBytes = 2500 });
        await world.Save([.. Enumerable.Range(1, 5).Select(i => Written(1, i, Put($"d{i}", new string('x', i == 4 ? 9000 : 1000))))]);
        await world.ApplyThrough(5);
        var (_, items, more) = world.List("things", null, 100);
        Assert.Equal(("d1 d2", true), (string.Join(' ', items.Select(d => d.Id)), more));
        (_, items, more) = world.List("things", "d3", 100);
        Assert.Equal(("d4", true), (items.Single().Id, more));
        (_, items, more) = world.List("things", "d4", 100);
        Assert.Equal(("d5", false), (items.Single().Id, more));
    }

    [Fact]
    public async Task A_collection_exists_while_it_holds_a_document()
    {
        using var world = new StoreWorld();
        await world.Run(Put("a"));
        await world.Run(Put("b"));
        await world.Run(new(null, [new Change.Put("others", "a", null, default), new Change.Delete("things", "a", null)]));
        Assert.Equal([("others", 1L), ("things", 1L)], world.Reader.Collections().Collections);
        await world.Run(Delete("b"));
        var (applied, collections) = world.Reader.Collections();
        Assert.Equal((4L, ("others", 1L)), (applied.Index, collections.Single()));
    }

    /// <summary>Entry n sets both documents to n: so any state shows twice the index that it is at.</summary>
    [Fact]
    public async Task What_is_read_is_of_the_very_state_whose_position_is_given()
    {
        using var world = new StoreWorld();
        const int entries = 2000;
        for (var i = 1; i <= entries; i++)
        {
            var body = Encoding.UTF8.GetBytes($"{i}");
            world.Enqueue(null, null, Written(1, i, new(null, [new Change.Put("things", "a", null, body), new Change.Put("things", "b", null, body)])));
            world.Store.Apply(i);
        }

        long seen = 0;
        while (seen < entries)
        {
            Assert.Null(world.Failure);
            var (applied, items, _) = world.List("things", null, 10);
            Assert.All(items, item => Assert.Equal((applied, $"{applied.Index}"), (item.Version, Encoding.UTF8.GetString(item.Body))));
            (applied, var document) = world.Reader.Get("things", "b");
            Assert.Equal(applied, document?.Version ?? Position.Zero);
            Assert.True(applied.Index >= seen, "a state goes back");
            seen = applied.Index;
        }
    }

    [Fact]
    public async Task The_fate_of_a_position_follows_from_the_first_index_of_each_term()
    {
        using var world = new StoreWorld();
        await world.Save(Noop(1, 1), Written(1, 2, Put("a")), Noop(4, 3), Written(4, 4, Delete("zz")), Noop(4, 5));
        await world.ApplyThrough(4);
        Assert.Equal(new PositionFate.Committed(null), Fate(world, 1, 1));
        Assert.IsType<Outcome.Done>(Assert.IsType<PositionFate.Committed>(Fate(world, 1, 2)).Outcome);
        Assert.Equal(new PositionFate.Committed(new Outcome.NotFound(0)), Fate(world, 4, 4));
        Assert.IsType<PositionFate.Lost>(Fate(world, 1, 3));
        Assert.IsType<PositionFate.Lost>(Fate(world, 2, 3));
        Assert.IsType<PositionFate.Lost>(Fate(world, 9, 2));
        Assert.IsType<PositionFate.Pending>(Fate(world, 4, 5));
        Assert.IsType<PositionFate.Lost>(Fate(world, 3, 5));
        Assert.IsType<PositionFate.Unknown>(Fate(world, 4, 6));
        Assert.IsType<PositionFate.Unknown>(Fate(world, 9, long.MaxValue));
        Assert.IsType<PositionFate.Committed>(Fate(world, 0, 0));
        Assert.IsType<PositionFate.Lost>(Fate(world, 1, 0));
    }

    [Fact]
    public async Task Many_threads_read_while_one_writes()
    {
        using var world = new StoreWorld(new() { PooledReaders = 2 });
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                world.Reader.Get("things", "d7");
                world.Reader.Fate(new(new(1), 5));
            }
        })).ToArray();
        for (var i = 1; i <= 50; i++)
        {
            await world.Run(Put($"d{i % 10}"));
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal(10, world.Reader.Collections().Collections.Single().Count);
    }

    private static PositionFate Fate(StoreWorld world, long term, long index) => world.Reader.Fate(new(new(term), index)).Fate;
}
