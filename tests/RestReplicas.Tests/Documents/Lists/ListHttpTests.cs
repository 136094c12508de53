using System.Globalization;
using System.Text.Json;
using FsCheck.Fluent;
using Xunit;

namespace RestReplicas.Tests.Documents.Lists;

public class ListHttpTests(WebNodeFixture fixture) : IClassFixture<WebNodeFixture>
{
    private WebNode Node => fixture.Node;

    [Fact]
    public async Task A_list_is_filtered_and_sorted_and_shows_the_members_that_were_asked_for()
    {
        await Store("orders", """{"total":20,"customer":{"country":"IS"},"x":1}""", """{"total":9.50,"customer":{"country":"NO"}}""", """{"total":100}""", """{"customer":{"country":"SE"}}""");

        Assert.Equal("d1 d0 d2", await Ids("orders?total[exists]=true&sort=total"));
        Assert.Equal("d2 d0 d1 d3", await Ids("orders?sort=-total"));
        Assert.Equal("d3 d1 d0 d2", await Ids("orders?sort=total"));
        Assert.Equal("d0 d1", await Ids("orders?customer.country[in]=IS,NO"));
        Assert.Equal("d0", await Ids("orders?customer.country%5Bin%5D=IS%2CNO&total%5Bgt%5D=9.5"));
        Assert.Equal("d2", await Ids("orders?sort=customer.country,-total&limit=1"));

        var item = (await Node.Get("/v1/orders?fields=total,customer.country&limit=2")).Is(200).Json.GetProperty("items")[1];
        Assert.Equal("""{"total":9.50,"customer":{"country":"NO"}}""", item.GetProperty("document").GetRawText());
        Assert.Equal("d1", item.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Ties_are_in_the_order_of_ids_and_sorting_down_is_the_exact_reverse()
    {
        await Store("ties", """{"n":1}""", """{"n":2}""", """{"n":1.0}""", """{"n":2e0}""");

        Assert.Equal("d0 d2 d1 d3", await Ids("ties?sort=n"));
        Assert.Equal("d3 d1 d2 d0", await Ids("ties?sort=-n"));
    }

    [Theory]
    [InlineData("sort=n")]
    [InlineData("sort=-n")]
    [InlineData("sort=g,-n")]
    [InlineData("sort=-g,n&n[gte]=3")]
    [InlineData("g=1")]
    public async Task Cursors_lead_through_every_document_that_stays_once(string question)
    {
        var collection = "walk" + question.Length;
        await Store(collection, [.. Enumerable.Range(0, 20).Select(i => $$"""{"n":{{i % 7}},"g":{{i % 2}}}""")]);
        var expected = (await Ids($"{collection}?{question}&limit=1000")).Split(' ').Except(["d00", "d19"]).ToList();

        var seen = new List<string>();
        for (var url = $"/v1/{collection}?{question}&limit=3"; url is not null;)
        {
            var page = (await Node.Get(url)).Is(200);
            seen.AddRange(page.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            url = page["Link"]?.Split('<', '>')[1];
            await Node.Put($"/v1/{collection}/new{seen.Count}", """{"n":3,"g":1}""");
            await Node.Send("DELETE", $"/v1/{collection}/d00");
            await Node.Send("DELETE", $"/v1/{collection}/d19");
        }

        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Equal(expected, seen.Where(id => !id.StartsWith("new", StringComparison.Ordinal) && id is not ("d00" or "d19")));
    }

    [Fact]
    public async Task A_cursor_of_another_question_is_refused()
    {
        await Store("asked", "{}", "{}", "{}");
        var next = (await Node.Get("/v1/asked?limit=1&sort=n")).Member("next");

        (await Node.Get($"/v1/asked?limit=2&fields=n&sort=n&cursor={next}")).Is(200);
        foreach (var other in new[] { "asked?", "asked?sort=-n&", "asked?sort=n&a=1&", "others?sort=n&" })
        {
            Assert.Equal("cursor", (await Node.Get($"/v1/{other}cursor={next}")).IsProblem(400, "invalid-request").Member("parameter"));
        }
    }

    [Fact]
    public async Task What_a_member_is_called_never_matters()
    {
        await Store("odd", """{"limit":5,"a.b":1,"x[y]":2,"c,d":3,"-e":4,"Limit":6,"'; DROP TABLE documents; --":7,"$.a":8}""");

        foreach (var filter in new[]
        {
            "limit[eq]=5", "Limit[eq]=6", "%5Climit=5", @"a\.b=1", "x%5C%5By%5C%5D=2", "c,d=3", "-e=4", Uri.EscapeDataString("'; DROP TABLE documents; --") + "=7", @"$\.a=8",
        })
        {
            Assert.True(await Ids($"odd?{filter}") == "d0", filter);
        }

        foreach (var sort in new[] { @"c\,d", @"\-e", "-%5C-e", Uri.EscapeDataString("x') ; DELETE FROM documents --"), "%22", "%27", "%3F1" })
        {
            Assert.True(await Ids($"odd?sort={sort}") == "d0", sort);
        }

        Assert.Equal("""{"c,d":3,"-e":4}""", (await Node.Get(@"/v1/odd?fields=c\,d,-e")).Json.GetProperty("items")[0].GetProperty("document").GetRawText());
    }

    [Fact]
    public async Task Head_of_a_list_answers_like_get_without_the_body()
    {
        await Store("heads", "{}", "{}");

        var head = (await Node.Send("HEAD", "/v1/heads?limit=1&sort=n")).Is(200);
        Assert.Empty(head.Bytes);
        Assert.Equal((await Node.Get("/v1/heads?limit=1&sort=n"))["Link"], head["Link"]);
    }

    [Fact]
    public async Task A_list_says_what_it_cost()
    {
        await Store("cost", "{}", """{"n":1}""", "{}");

        Assert.Matches("""^list;dur=[0-9.]+;desc="3 documents read, .*"$""", (await Node.Get("/v1/cost?n=1"))["Server-Timing"]);
    }

    [Fact]
    public async Task Whatever_is_asked_is_answered_or_refused()
    {
        await Store("any", """{"a":1,"b":[1,{"a":2}]}""", """{"a":"x"}""");

        foreach (var query in ListProperties.QueryStrings().Sample(300))
        {
            var answer = await Node.Get("/v1/any" + query);
            Assert.True(answer.Status is 200 or 400, $"{answer.Status} {query}");
        }

        Assert.Equal("d0 d1", await Ids("any"));
    }

    private async Task Store(string collection, params string[] documents)
    {
        var digits = documents.Length > 10 ? "00" : "0";
        for (var i = 0; i < documents.Length; i++)
        {
            (await Node.Put($"/v1/{collection}/d{i.ToString(digits, CultureInfo.InvariantCulture)}", documents[i])).Is(201);
        }
    }

    private async Task<string> Ids(string list) => string.Join(
        ' ', (await Node.Get($"/v1/{list}")).Is(200).Json.GetProperty("items").EnumerateArray().Select((JsonElement item) => item.GetProperty("id").GetString()));
}
