using System.Text;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

public sealed class CachingRules
{
    private const int Readings = 3;

    private readonly DocumentCache _cache = new(100_000);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The file is changed behind its back: what is still read as it was is not read from there.</summary>
    [Fact]
    public async Task What_is_read_again_and_again_is_read_from_memory_until_it_is_changed()
    {
        using var world = new StoreWorld();
        await world.RunAll(Put("a", "1"), Put("b", "1"));
        ReadOften(world, "a");
        world.Tamper("UPDATE documents SET body = x'32'");
        Assert.Equal("1", world.Body("a"));
        Assert.Throws<DamagedStateException>(() => world.Body("b"));

        await world.RunAll(Put("c", "3"));
        Assert.Equal((3L, "1"), (world.Reader.Get("things", "a").Applied.Index, world.Body("a")));
        await world.RunAll(Put("a", "4"));
        Assert.Equal((4L, "4"), (world.Reader.Get("things", "a").Applied.Index, world.Body("a")));
        ReadOften(world, "a");
        await world.RunAll(Delete("a"));
        Assert.Equal((5L, null), (world.Reader.Get("things", "a").Applied.Index, world.Body("a")));
    }

    [Fact]
    public async Task A_database_that_takes_the_place_of_another_is_read_itself()
    {
        using var source = new StoreWorld();
        await source.RunAll(Put("a", "new"), Put("b", "new"));
        using var world = new StoreWorld();
        await world.RunAll(Put("a", "old"), Put("b", "old")); // of the same positions, as no two nodes' are
        ReadOften(world, "a");
        world.Install(await source.SendSnapshot(world), new(new(1), null));
        Assert.Equal("new", world.Body("a"));
        ReadOften(world, "a");
        world.Tamper("UPDATE documents SET body = x'32'");
        Assert.Equal("new", world.Body("a"));
    }

    /// <summary>Entry n sets document n modulo 8 to n: so what each is at a position follows from the position.</summary>
    [Fact]
    public async Task Whoever_reads_beside_the_writing_reads_the_very_state_whose_position_is_given()
    {
        using var world = new StoreWorld();
        const int entries = 4000;
        const int documents = 8;
        for (var i = 1; i <= entries; i++)
        {
            world.Enqueue(null, null, Written(1, i, Put($"d{i % documents}", $"{i}")));
            world.Store.Apply(i);
        }

        await Task.WhenAll(Enumerable.Range(0, 3).Select(reader => Task.Run(
            () =>
            {
                var (random, seen) = (new Random(reader), 0L);
                while (seen < entries)
                {
                    Assert.Null(world.Failure);
                    var k = random.Next(documents);
                    var (applied, document) = world.Reader.Get("things", $"d{k}");
                    var last = applied.Index - ((applied.Index - k + documents) % documents);
                    Assert.Equal(last > 0 ? $"{last}" : null, document is null ? null : Encoding.UTF8.GetString(document.Body));
                    Assert.True(applied.Index >= seen, "a state goes back");
                    seen = applied.Index;
                    if (k == 0)
                    {
                        var list = world.List("things", null, 1).Applied.Index;
                        Assert.True(list >= seen, "a state goes back");
                        seen = list;
                    }
                }
            },
            Cancellation)));
    }

    [Fact]
    public void What_is_read_once_is_not_kept()
    {
        _cache.Publish(At(1));
        Add("a", 1);
        Assert.Null(Find("a"));
        Add("a", 1);
        Assert.NotNull(Find("a"));
    }

    /// <summary>It was read from the database before a change, or in the midst of one, and comes here after it.</summary>
    [Fact]
    public void What_may_be_of_another_state_is_not_kept()
    {
        _cache.Publish(At(1));
        var before = _cache.Current;
        _cache.Change([("things", "a")]);
        var amidst = _cache.Current;
        Add("a", 1, before);
        Add("a", 1, before);
        Add("a", 2, amidst);
        _cache.Publish(At(2));
        Add("a", 1, before);
        Add("a", 2, before);
        Add("a", 2, amidst);
        Add("a", 1);
        Assert.Null(Find("a"));
        Add("a", 2);
        Assert.NotNull(Find("a"));
    }

    [Fact]
    public void Nothing_is_found_for_a_state_that_is_over()
    {
        _cache.Publish(At(1));
        var before = _cache.Current;
        _cache.Change([]);
        Assert.Null(_cache.Current);
        _cache.Publish(At(1));
        Add("a", 1);
        Add("a", 1);
        Assert.NotNull(Find("a"));
        Assert.Null(_cache.Find(before, "things", "a"));
    }

    [Fact]
    public void Only_what_was_changed_is_gone()
    {
        _cache.Publish(At(1));
        foreach (var id in (string[])["a", "a", "b", "b"])
        {
            Add(id, 1);
        }

        _cache.Change([("things", "a"), ("others", "b"), ("things", "none")]);
        _cache.Publish(At(2));
        Assert.Null(Find("a"));
        Assert.NotNull(Find("b"));
        _cache.Clear();
        _cache.Publish(At(2));
        Assert.Null(Find("b"));
    }

    /// <summary>Twenty times what fits: never more than fits is there, and what was read last is.</summary>
    [Fact]
    public void It_is_bounded_and_begins_afresh_when_it_is_full()
    {
        const int length = 744; // with what is around it, a little over 1,000
        _cache.Publish(At(1));
        for (var i = 0; i < 2000; i++)
        {
            Add($"{i:D4}", 1, length);
            Add($"{i:D4}", 1, length);
            Assert.NotNull(Find($"{i:D4}"));
            if (i % 100 == 0)
            {
                Assert.InRange(Enumerable.Range(0, i + 1).Count(n => Find($"{n:D4}") is not null), 1, 100);
            }
        }
    }

    [Fact]
    public void A_document_that_would_cost_many_others_their_places_is_not_kept()
    {
        _cache.Publish(At(1));
        foreach (var (id, length) in (List<(string, int)>)[("small", 5_900), ("large", 6_300)])
        {
            Add(id, 1, length);
            Add(id, 1, length);
        }

        Assert.NotNull(Find("small"));
        Assert.Null(Find("large"));
    }

    [Fact]
    public void With_no_bytes_it_keeps_nothing()
    {
        var none = new DocumentCache(0);
        none.Publish(At(1));
        for (var i = 0; i < Readings; i++)
        {
            none.Add(none.Current, At(1), "things", Document("a", 1));
        }

        Assert.Null(none.Find(none.Current, "things", "a"));
    }

    private static void ReadOften(StoreWorld world, string id)
    {
        for (var i = 0; i < Readings; i++)
        {
            Assert.NotNull(world.Body(id));
        }
    }

    private static Position At(long index) => new(new(1), index);

    private static StoredDocument Document(string id, int length) => new(id, At(1), 0, new byte[length]);

    private StoredDocument? Find(string id) => _cache.Find(_cache.Current, "things", id);

    private void Add(string id, long index, int length = 1) => _cache.Add(_cache.Current, At(index), "things", Document(id, length));

    private void Add(string id, long index, DocumentCache.State? state) => _cache.Add(state, At(index), "things", Document(id, 1));
}
