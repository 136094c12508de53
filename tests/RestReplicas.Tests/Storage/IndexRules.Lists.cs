using System.Text;
using RestReplicas.Documents.Lists;
using RestReplicas.Storage;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

// What indexes are good for.
public sealed partial class IndexRules
{
    [Theory]
    [InlineData("n[gte]=5", "n", "by-n", 5)]
    [InlineData("n[gte]=5", "-n", "by-n", 5)]
    [InlineData("n[lt]=0", "n", "by-n", 0)]
    [InlineData("n[in]=7,3,200", "", "by-n", 3)]
    [InlineData("n=50", "", "by-n", 1)]
    [InlineData("n=50", "g", "by-n", 1)]
    [InlineData("n[gt]=95", "", "by-n", 4)]
    [InlineData("n[gt]=1&n[lt]=5", "-g", "by-n", 3)]
    [InlineData("g=1", "n", "by-n", 10)]
    [InlineData("n[gt]=5", "", null, 5)]
    [InlineData("g=1", "", null, 10)]
    [InlineData("g[prefix]=x", "", null, 100)]
    public async Task A_list_takes_the_way_that_reads_least(string filters, string sort, string? index, int rows)
    {
        using var world = new StoreWorld();
        await world.RunAll([Index("by-n", "n"), .. Enumerable.Range(0, 100).Select(i => Put($"d{i:D2}", $$"""{"n":{{i}},"g":{{i % 2}}}"""))]);
        await Ready(world);

        var page = Page(world, sort, filters, limit: 5);

        Assert.Equal((index, true), (page.Cost.Index, page.Cost.Rows <= rows + 6));
        var naive = Enumerable.Range(0, 100).Where(i => Filters(filters).All(f => f.Holds(Encoding.UTF8.GetBytes($$"""{"n":{{i}},"g":{{i % 2}}}"""))));
        var sorted = sort switch { "n" or "" => naive, "-n" => naive.Reverse(), "g" => naive.OrderBy(i => i % 2), _ => naive.Reverse().OrderByDescending(i => i % 2) };
        Assert.Equal(sorted.Take(5).Select(i => $"d{i:D2}"), page.Items.Select(d => d.Id));
    }

    [Theory]
    [InlineData(Listing.Upwards, "SEARCH e USING PRIMARY KEY (number=? AND (key,id)>(?,?) AND key<?)")]
    [InlineData(Listing.Downwards, "SEARCH e USING PRIMARY KEY (number=? AND key>? AND (key,id)<(?,?))")]
    [InlineData(Listing.AtKey, "SEARCH e USING PRIMARY KEY (number=? AND key=? AND id>?)")]
    [InlineData(Listing.CountEntries, "SEARCH index_entries USING PRIMARY KEY (number=? AND key>? AND key<?)")]
    [InlineData(Listing.ById, "SEARCH d USING INDEX sqlite_autoindex_documents_1 (collection=? AND id>?)")]
    public async Task SQLite_searches_and_never_sorts(string sql, string search)
    {
        using var world = new StoreWorld();
        await world.Run(Put("a"));

        var plan = world.Explain(sql);

        Assert.Contains(search, plan);
        Assert.DoesNotContain(plan, step => step.Contains("TEMP B-TREE", StringComparison.Ordinal) || (step.StartsWith("SCAN", StringComparison.Ordinal) && !step.Contains("subquery", StringComparison.Ordinal)));
        Assert.All(plan.Where(step => step.Contains(" d ", StringComparison.Ordinal) && !step.Contains("autoindex", StringComparison.Ordinal)), step => Assert.Contains("USING INTEGER PRIMARY KEY", step, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_sort_without_an_index_is_refused_above_the_limit_and_a_filter_gives_short_pages()
    {
        using var world = new StoreWorld();
        await world.RunAll([.. Enumerable.Range(0, 50).Select(i => Put($"d{i:D2}", $$"""{"n":{{i}}}"""))]);
        var limits = new ListLimits(10, 20, long.MaxValue);

        Assert.Null(Assert.IsType<ListResult.NeedsIndex>(world.Reader.List(Query("n", "") with { Limits = limits }, Cancellation).Result).Filling);
        var (pages, found) = (0, new List<string>());
        ListPosition? after = null;
        do
        {
            var page = Assert.IsType<ListResult.Page>(world.Reader.List(Query("", "n[gt]=44") with { Limits = limits, After = after }, Cancellation).Result);
            Assert.InRange(page.Cost.Rows, 1, 20);
            found.AddRange(page.Items.Select(d => d.Id));
            (after, pages) = (page.Next, pages + 1);
        }
        while (after is not null);

        Assert.Equal(("d45 d46 d47 d48 d49", 3), (string.Join(' ', found), pages));

        await world.Run(Index("by-n", "n"));
        await Ready(world);
        Assert.IsType<ListResult.Page>(world.Reader.List(Query("-n", "") with { Limits = limits }, Cancellation).Result);
        Assert.IsType<ListResult.Page>(world.Reader.List(Query("g,n", "n[gt]=44") with { Limits = limits }, Cancellation).Result);
        Assert.IsType<ListResult.NeedsIndex>(world.Reader.List(Query("g,n", "n[gt]=4") with { Limits = limits }, Cancellation).Result);
    }

    [Fact]
    public async Task Long_values_are_found_through_an_index_though_it_keeps_their_beginning_only()
    {
        using var world = new StoreWorld();
        var stem = new string('x', 300);
        await world.RunAll([Index("by-s", "s"), .. Enumerable.Range(0, 9).Select(i => Put($"d{i}", $$"""{"s":"{{stem}}{{i}}"}"""))]);
        await Ready(world);

        foreach (var (filter, ids) in new[] { ($"s={stem}5", "d5"), ($"s[in]={stem}1,{stem}7", "d1 d7"), ($"s[gt]={stem}6", "d7 d8"), ($"s[prefix]={stem}", "d0 d1 d2 d3 d4 d5 d6 d7 d8"), ($"s[lt]={stem}", "") })
        {
            var page = Page(world, "s", filter);
            Assert.Equal((ids, "by-s"), (string.Join(' ', page.Items.Select(d => d.Id)), page.Cost.Index));
        }
    }
}
