using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using RestReplicas.Documents;
using RestReplicas.Documents.Lists;
using RestReplicas.Tests.Storage;
using Xunit;
using ListPage = RestReplicas.Storage.ListResult.Page;

namespace RestReplicas.Tests.Documents.Lists;

/// <summary>What holds for all lists, tried on many.</summary>
public class ListProperties
{
    private static readonly string[] Values =
    [
        "0", "-0.0", "1", "1.0", "10", "9", "-3", "2.5", "1e1", "12345678901234567890.5", "null", "true", "false", "\"\"", "\"a\"", "\"ab\"", "\"b\"", "\"1\"", "\"10\"",
        "\"true\"", "\"é\"", "\"\\ud83d\\ude00\"", "\"\uffee\"", "[]", "[1,\"a\"]", "{}", "{\"a\":1}", "{\"a\":\"b\",\"b\":2}",
    ];

    /// <summary>As clients write them.</summary>
    private static readonly string[] Literals = [.. Values.Where(v => v[0] is not ('[' or '{') && v != "\"\"").Select(Bare)];

    private static readonly string[] Paths = ["a", "b", "c", "a.a", "b.a", "b.0", "b.1", "c.b"];

    private static readonly string[] Relations = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "prefix", "exists"];

    private static readonly Gen<string> Documents =
        from a in Gen.Elements(Values)
        from b in Gen.Elements(Values)
        from c in Gen.Elements(Values)
        from shape in Gen.Choose(0, 7)
        select "{" + string.Join(',', new[] { $"\"a\":{a}", $"\"b\":{b}", $"\"c\":{c}" }.Where((_, i) => (shape & (1 << i)) != 0)) + "}";

    private static readonly Gen<(string Path, string Relation, string Value)> Filters =
        from path in Gen.Elements(Paths)
        from relation in Gen.Elements(Relations)
        from value in Gen.Elements(Literals)
        from other in Gen.Elements(Literals)
        select (path, relation, relation switch { "exists" => value.Length % 2 == 0 ? "true" : "false", "in" => $"{value},{other}", _ => value });

    private static readonly Gen<string> Sorts =
        from paths in Gen.Elements(Paths).ArrayOf(2)
        from many in Gen.Choose(0, 2)
        from down in Gen.Choose(0, 3)
        select string.Join(',', paths.Distinct().Take(many).Select((path, i) => (down & (1 << i)) != 0 ? "-" + path : path));

    [Fact]
    public void A_filter_finds_what_its_rules_say() =>
        Prop.ForAll(
            (from document in Documents from filter in Filters select (document, filter)).ToArbitrary(),
            tried => Parse(tried.filter).Holds(System.Text.Encoding.UTF8.GetBytes(tried.document))
                == NaiveList.Holds(tried.document, tried.filter.Path, tried.filter.Relation, tried.filter.Value))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Theory]
    [InlineData]
    [InlineData("a", "b", "b.a")]
    [InlineData("a", "a.a", "b.0", "b.1", "c.b")]
    public async Task Pages_together_are_what_filters_and_sort_say(params string[] indexed)
    {
        using var world = new StoreWorld();
        var documents = Documents.Sample(120).Select((body, i) => (Id: $"d{i * 37 % 120:D3}", Body: body)).ToList();
        await world.RunAll([.. documents.Take(60).Select(d => StoreWorld.Put(d.Id, d.Body)), .. documents.Take(30).Select(d => StoreWorld.Put(d.Id))]);
        await world.RunAll([.. indexed.Select(path => new Command(null, [new Change.PutIndex("things", "by-" + path.Replace('.', '-'), path)]))]);
        await world.RunAll([.. documents.Select(d => StoreWorld.Put(d.Id, d.Body))]);
        await Eventually.Holds(() => world.Reader.Indexes("things").Indexes.All(i => i.Progress is null), TestContext.Current.CancellationToken);

        Prop.ForAll(
            (from filters in Filters.ArrayOf(2) from many in Gen.Choose(0, 2) from sort in Sorts from limit in Gen.Choose(1, 60) select (filters: filters.Take(many).ToList(), sort, limit)).ToArbitrary(),
            tried =>
            {
                var found = documents.Where(d => tried.filters.All(f => NaiveList.Holds(d.Body, f.Path, f.Relation, f.Value))).ToList();
                found.Sort((a, b) => Compare(a, b, tried.sort));
                Assert.Equal(found.Select(d => d.Id), Walk(world, tried.filters, tried.sort, tried.limit));
            })
        .Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    /// <summary>Anything between sense and nonsense.</summary>
    internal static Gen<string> QueryStrings()
    {
        var texts = Gen.OneOf(
            ArbMap.Default.GeneratorFor<string>(),
            Gen.Elements(Values),
            Gen.Elements(Paths),
            Gen.Elements("sort", "fields", "limit", "cursor", "a[in]", "a[gt]", "[", "]", "\\", "\"", "a[exists]", ",", "-", "%", "' OR 1=1 --", "a') FROM documents --"));
        return from names in texts.ArrayOf(4)
               from values in texts.ArrayOf(4)
               select "?" + string.Join('&', names.Zip(values).Select(p => $"{Escape(p.First)}={Escape(p.Second)}"));
    }

    [Fact]
    public void Whatever_is_asked_is_understood_or_refused()
    {
        Prop.ForAll(
            QueryStrings().ToArbitrary(),
            text =>
            {
                var request = new DefaultHttpContext().Request;
                request.QueryString = new(text);
                var query = new QueryReader(request);
                var list = ListRequest.Read(query, "things", new());
                Assert.NotEqual(list is null, query.Finish() is null);
            })
        .Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private static Filter Parse((string Path, string Relation, string Value) filter) =>
        Filter.Parse($"{filter.Path}[{filter.Relation}]", filter.Value, out var fault) ?? throw new InvalidOperationException(fault);

    private static List<string> Walk(StoreWorld world, List<(string Path, string Relation, string Value)> filters, string sort, int limit)
    {
        var order = new ListOrder([.. sort.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => new SortPath(MemberPath.Parse(p.TrimStart('-'), out _)!, p.StartsWith('-')))]);
        var seen = new List<string>();
        ListPosition? after = null;
        do
        {
            var query = new ListQuery("things", [.. filters.Select(Parse)], order, after) { Limits = new(limit, 1000, long.MaxValue) };
            var page = Assert.IsType<ListPage>(world.Reader.List(query, TestContext.Current.CancellationToken).Result);
            seen.AddRange(page.Items.Select(item => item.Id));
            Assert.InRange(page.Items.Count, page.Next is null ? 0 : 1, limit);
            after = page.Next is null ? null : Cursor.Read(Cursor.After(page.Next, "q"u8), "q"u8);
        }
        while (after is not null);

        return seen;
    }

    private static int Compare((string Id, string Body) a, (string Id, string Body) b, string sort)
    {
        var paths = sort.Split(',', StringSplitOptions.RemoveEmptyEntries);
        foreach (var path in paths)
        {
            if (NaiveList.Compare(a.Body, b.Body, path.TrimStart('-')) is not 0 and var order)
            {
                return path.StartsWith('-') ? -order : order;
            }
        }

        var byId = string.CompareOrdinal(a.Id, b.Id);
        return paths is [.., ['-', ..]] ? -byId : byId;
    }

    /// <summary>Of a JSON string the text, for that is how a client writes it.</summary>
    private static string Bare(string json) => json.StartsWith('"') ? System.Text.Json.JsonSerializer.Deserialize<string>(json)! : json;

    /// <summary>Strings may hold halves of surrogate pairs, which no URL can.</summary>
    private static string Escape(string? text) => Uri.EscapeDataString(System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text ?? "")));
}
