using RestReplicas.Documents;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

public sealed class TrimmingRules
{
    private static readonly string _body = new('x', 1000);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Entries_and_outcomes_go_and_terms_stay()
    {
        using var world = new StoreWorld();
        await world.Save(Noop(1, 1), Written(1, 2, Put("a"), 70), Noop(3, 3), Written(3, 4, Put("b"), 80), Written(3, 5, Put("c"), 90));
        await world.ApplyThrough(5);
        await Trim(world, 3);

        Assert.Equal([4, 5], world.Query("SELECT idx FROM log"));
        Assert.Equal([5], world.Query("SELECT last FROM outcomes"));
        Assert.Equal([(1, new Term(1)), (3, new Term(3))], world.Reload().Log.Runs);
        Assert.Equal((3L, 5L, 90L), (world.State.Log.Base, world.State.Log.LastIndex, world.State.LastTimestamp));
        Assert.Empty(world.Store.ReadEntries(3, 5, 1 << 20));
        Assert.Equal([4, 5], world.Store.ReadEntries(4, 5, 1 << 20).Select(e => e.Index));
    }

    [Fact]
    public async Task A_log_that_is_empty_above_its_base_goes_on_from_there()
    {
        using var world = new StoreWorld();
        await world.Save(Noop(1, 1), Written(4, 2, Put("a"), 70));
        await world.ApplyThrough(2);
        await Trim(world, 2);

        Assert.Empty(world.Query("SELECT idx FROM log"));
        Assert.Equal(
            (2L, new Position(new(4), 2), 70L), (world.Reload().Log.Base, world.State.Log.Last, world.State.LastTimestamp));
        await world.Save(Written(4, 3, Put("b")), Noop(5, 4));
        await world.ApplyThrough(4);
        Assert.Equal([(1, new Term(1)), (2, new Term(4)), (4, new Term(5))], world.Reload().Log.Runs);
        Assert.Equal("{}", world.Body("b"));
    }

    [Fact]
    public async Task Nothing_is_trimmed_that_is_not_applied()
    {
        using var world = new StoreWorld();
        await world.Save(Noop(1, 1), Noop(1, 2), Noop(1, 3));
        await world.ApplyThrough(2);
        world.Store.Trim(3);
        await Eventually.Holds(() => world.Query("SELECT idx FROM base").Single() == 2, Cancellation);
        Assert.Equal([3], world.Query("SELECT idx FROM log"));
        await world.ApplyThrough(3);
        await Eventually.Holds(() => world.Query("SELECT idx FROM base").Single() == 3, Cancellation);
    }

    [Fact]
    public async Task The_configuration_in_force_at_the_base_survives_its_entry()
    {
        using var world = new StoreWorld();
        var cluster = new ClusterId(Guid.NewGuid());
        Entry Configured(long index, params string[] voters) => Entry.Create(
            new(new(1), index),
            EntryKind.Configuration,
            index,
            new Configuration(cluster, [.. voters.Select(name => new Voter(new(name), new(Guid.NewGuid())))]).Encode());
        await world.Save(Configured(1, "n1"), Configured(2, "n1", "n2"), Noop(1, 3), Configured(4, "n1", "n2", "n3"), Noop(1, 5));
        await world.ApplyThrough(5);
        await Trim(world, 3);
        Assert.Equal([(2L, 2), (4, 3)], Voters(world.Reload()));
        await Trim(world, 5);
        Assert.Equal([(4L, 3)], Voters(world.Reload()));
        Assert.Equal(cluster, world.State.Cluster);

        static IEnumerable<(long, int)> Voters(StoredState state) => state.Configurations.Select(c => (c.Index, c.Configuration.Voters.Count));
    }

    [Fact]
    public async Task What_became_of_a_trimmed_entry_is_still_never_a_lie()
    {
        using var world = new StoreWorld();
        await world.Save(Noop(2, 1), Written(2, 2, Put("a")), Written(2, 3, Put("a", "{}", new Condition.Absent())), Noop(3, 4));
        await world.ApplyThrough(4);
        await Trim(world, 3);
        Assert.IsType<PositionFate.Forgotten>(Fate(2, 3));
        Assert.IsType<PositionFate.Lost>(Fate(1, 3));
        Assert.IsType<PositionFate.Lost>(Fate(3, 3));
        Assert.IsType<PositionFate.Committed>(Fate(3, 4));
        Assert.IsType<PositionFate.Unknown>(Fate(3, 5));

        PositionFate Fate(long term, long index) => world.Reader.Fate(new(new(term), index)).Fate;
    }

    [Fact]
    public async Task A_save_goes_before_the_rest_of_a_long_trim()
    {
        var time = new SlowTime();
        using var world = new StoreWorld(time: time);
        await world.Save([.. Enumerable.Range(1, 200).Select(index => Noop(1, index))]);
        await world.ApplyThrough(200);

        // The clock is read when a transaction begins, and after each 64 entries in it; each time 10 ms have passed.
        var savedBeforeNext = new List<bool>();
        long ticket = 0;
        time.OnRead = reads =>
        {
            if (reads == 2)
            {
                ticket = world.Enqueue(null, null, Noop(1, 201));
            }
            else if (reads == 3)
            {
                savedBeforeNext.Add(world.Saved.Contains(ticket));
            }
        };
        await Trim(world, 200);
        Assert.Equal([true], savedBeforeNext);
    }

    [Fact]
    public async Task The_bounds_keep_what_they_promise_and_no_more_than_a_sixteenth_beside_it()
    {
        var options = new StorageOptions { LogWindowBytes = 64 << 10, LogBytes = 256 << 10 };
        using var world = new StoreWorld(options);
        Assert.Equal(new(0, 0, 0), world.Bounds[^1]);
        await Write(world, 1, 1500);
        await CheckBounds();
        await Trim(world, world.Bounds[^1].Full);
        await Write(world, 1501, 100);
        await CheckBounds();

        world.Reopen();
        await CheckBounds();

        async Task CheckBounds()
        {
            // They are told after what was applied.
            await Eventually.Holds(() => world.Bounds is [.., { } last] && KeptAfter(world, last.Idle) <= options.LogWindowBytes * 9 / 8, Cancellation);
            var (idle, full, hard) = world.Bounds[^1];
            Assert.InRange(KeptAfter(world, idle), options.LogWindowBytes, options.LogWindowBytes * 9 / 8);
            Assert.InRange(KeptAfter(world, full), options.LogBytes, options.LogBytes + (options.LogWindowBytes / 8));
            Assert.True(KeptAfter(world, hard) >= options.LogBytes * 4 || hard == world.Query("SELECT idx FROM base").Single());
        }
    }

    /// <summary>Outcomes are a sixth of what small documents take, and what is counted at a start is counted in groups.</summary>
    [Theory]
    [InlineData(1500, 0)]
    [InlineData(1000, 12)]
    public async Task A_start_counts_small_documents_with_their_outcomes_and_large_ones_one_by_one(int small, int large)
    {
        var options = new StorageOptions { LogWindowBytes = 64 << 10, LogBytes = 256 << 10 };
        var body = new string('x', 20_000);
        using var world = new StoreWorld(options);
        await Write(world, 1, small, "{}");
        await Write(world, small + 1, large, body);
        world.Reopen();
        await Eventually.Holds(() => world.Bounds.Count > 0, Cancellation);

        // A mark is at most a step and an entry after where it might be.
        var most = options.LogWindowBytes + (options.LogWindowBytes / 16) + (large > 0 ? body.Length + 200 : 0);
        Assert.InRange(KeptAfter(world, world.Bounds[^1].Idle), options.LogWindowBytes, most);
    }

    [Fact]
    public async Task The_file_stops_growing_when_the_log_is_trimmed()
    {
        using var world = new StoreWorld(new() { LogWindowBytes = 64 << 10, LogBytes = 64 << 10 });
        long next = 1;
        async Task Round()
        {
            await Write(world, next, 500);
            next += 500;
            await Trim(world, next - 100);
        }

        await Round();
        await Round();
        var pages = world.Query("PRAGMA page_count").Single();
        for (var i = 0; i < 5; i++)
        {
            await Round();
        }

        Assert.InRange(world.Query("PRAGMA page_count").Single(), 1, pages + (pages / 4));
    }

    private static long KeptAfter(StoreWorld world, long index) => world.Query(
        $"""
        SELECT sum(length(l.payload) + 48 + (
            SELECT length(outcomes) / (last - first + 1) FROM outcomes WHERE last >= l.idx ORDER BY last LIMIT 1))
        FROM log l WHERE l.idx > {index}
        """).Single();

    private static async Task Write(StoreWorld world, long first, int count, string? body = null)
    {
        // The same few documents over and over: only the log grows.
        await world.Save([.. Enumerable.Range(0, count).Select(i => Written(1, first + i, Put($"d{i % 10}", body ?? _body)))]);
        await world.ApplyThrough(first + count - 1);
    }

    private static async Task Trim(StoreWorld world, long through)
    {
        world.Store.Trim(through);
        await Eventually.Holds(() => world.Query("SELECT idx FROM base").Single() == through, Cancellation);
    }
}
