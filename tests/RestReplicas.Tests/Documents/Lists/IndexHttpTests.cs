using Xunit;

namespace RestReplicas.Tests.Documents.Lists;

public class IndexHttpTests(WebNodeFixture fixture) : IClassFixture<WebNodeFixture>
{
    private WebNode Node => fixture.Node;

    [Fact]
    public async Task An_index_is_made_shown_used_and_removed()
    {
        for (var i = 0; i < 20; i++)
        {
            await Node.Put($"/v1/indexed/d{i:D2}", $$"""{"customer":{"country":"{{(i % 10 == 0 ? "IS" : "NO")}}"},"n":{{20 - i}}}""");
        }

        var made = (await Node.Put("/v1/indexed/_indexes/by-country", """{"path":"customer.country"}""")).Is(201);
        Assert.Equal(("/v1/indexed/_indexes/by-country", "by-country"), (made["Location"], made.Member("id")));
        await Ready(Node, "indexed/_indexes/by-country");

        var index = (await Node.Get("/v1/indexed/_indexes")).Is(200).Json.GetProperty("indexes")[0];
        Assert.Equal($$"""{"name":"by-country","path":"customer.country","version":"{{made.Member("version")}}","state":"ready","progress":1}""", index.GetRawText());
        var list = (await Node.Get("/v1/indexed?customer.country=IS")).Is(200);
        Assert.Equal(["d00", "d10"], list.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()));
        Assert.Matches("desc=\"2 documents read, index by-country\"$", list["Server-Timing"]);

        (await Node.Put("/v1/indexed/_indexes/by-country", """{ "path" : "n" }""")).Is(200);
        await Ready(Node, "indexed/_indexes/by-country");
        Assert.Matches("desc=\"20 documents read, without an index\"$", (await Node.Get("/v1/indexed?customer.country=IS"))["Server-Timing"]);
        Assert.Matches("desc=\"3 documents read, index by-country\"$", (await Node.Get("/v1/indexed?sort=n&limit=3"))["Server-Timing"]);

        (await Node.Send("DELETE", "/v1/indexed/_indexes/by-country")).Is(204);
        var gone = (await Node.Send("DELETE", "/v1/indexed/_indexes/by-country")).IsProblem(404, "not-found");
        Assert.Contains("index", gone.Member("detail"), StringComparison.Ordinal);
        (await Node.Get("/v1/indexed/_indexes/by-country")).IsProblem(404, "not-found");
        Assert.Empty((await Node.Get("/v1/indexed/_indexes")).Json.GetProperty("indexes").EnumerateArray());
    }

    [Fact]
    public async Task A_repeated_definition_with_its_key_happens_once()
    {
        var first = (await Node.Put("/v1/keyed/_indexes/i", """{"path":"a"}""", ("Idempotency-Key", "index-1"))).Is(201);
        var again = (await Node.Put("/v1/keyed/_indexes/i", """{"path":"a"}""", ("Idempotency-Key", "index-1"))).Is(201);

        Assert.Equal((first.Member("version"), "true"), (again.Member("version"), again["Idempotency-Replayed"]));
        (await Node.Put("/v1/keyed/_indexes/i", """{"path":"b"}""", ("Idempotency-Key", "index-1"))).IsProblem(422, "idempotency-mismatch");
    }

    [Fact]
    public async Task A_collection_with_an_index_and_no_document_is_there()
    {
        await Node.Put("/v1/bare/_indexes/i", """{"path":"a"}""");
        Assert.Contains("{\"name\":\"bare\",\"count\":0}", (await Node.Get("/v1")).Text, StringComparison.Ordinal);
        await Node.Send("DELETE", "/v1/bare/_indexes/i");
        Assert.DoesNotContain("\"bare\"", (await Node.Get("/v1")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collection_has_at_most_sixteen_indexes()
    {
        for (var i = 0; i < 16; i++)
        {
            (await Node.Put($"/v1/many/_indexes/i{i}", """{"path":"a"}""")).Is(201);
        }

        (await Node.Put("/v1/many/_indexes/i16", """{"path":"a"}""")).IsProblem(409, "refused");
    }

    [Fact]
    public async Task The_changes_of_a_collection_are_those_of_its_documents()
    {
        await Node.Put("/v1/fed/_indexes/i", """{"path":"a"}""");
        await Node.Put("/v1/fed/x", "{}");
        await Node.Send("DELETE", "/v1/fed/_indexes/i");

        var feed = (await Node.Get("/v1/fed/_changes?since=0", ("Accept", "application/json"))).Is(200).Text;
        Assert.Contains("\"x\"", feed, StringComparison.Ordinal);
        Assert.DoesNotContain("\"i\"", feed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("_indexes/_x", """{"path":"a"}""", 400, "invalid-request")]
    [InlineData("_indexes/1x", """{"path":"a"}""", 400, "invalid-request")]
    [InlineData("_indexes/x%27%3B%20DROP%20TABLE%20documents", """{"path":"a"}""", 400, "invalid-request")]
    [InlineData("_indexes/x?unique=true", """{"path":"a"}""", 400, "invalid-request")]
    [InlineData("_indexes/x", "{}", 400, "invalid-document")]
    [InlineData("_indexes/x", """{"path":1}""", 400, "invalid-document")]
    [InlineData("_indexes/x", """{"path":"a","unique":true}""", 400, "invalid-document")]
    [InlineData("_indexes/x", """{"path":""}""", 400, "invalid-document")]
    [InlineData("_indexes/x", """{"path":"a..b"}""", 400, "invalid-document")]
    [InlineData("_indexes/x", """{"path":"a[0]"}""", 400, "invalid-document")]
    [InlineData("_indexes/x", """{"path":"a\u0000b"}""", 400, "invalid-document")]
    [InlineData("_indexes/x", "[", 400, "invalid-document")]
    public async Task A_definition_that_is_none_is_refused(string route, string body, int status, string type)
    {
        (await Node.Put($"/v1/bad/{route}", body)).IsProblem(status, type);
        Assert.Empty((await Node.Get("/v1/bad/_indexes")).Json.GetProperty("indexes").EnumerateArray());
    }

    [Fact]
    public async Task A_path_is_only_ever_a_path()
    {
        const string path = "a') FROM documents; DROP TABLE documents; --";
        await Node.Put("/v1/sly/x", $$"""{"{{path}}":1}""");
        (await Node.Put("/v1/sly/_indexes/i", $$"""{"path":"{{path}}"}""")).Is(201);
        (await Node.Put("/v1/sly/_indexes/j", $$"""{"path":"{{new string('p', 257)}}"}""")).IsProblem(400, "invalid-document");
        (await Node.Put("/v1/sly/_indexes/j", """{"path":"a"}""", ("If-Match", "*"))).IsProblem(400, "invalid-request");
        await Ready(Node, "sly/_indexes/i");

        var list = (await Node.Get($"/v1/sly?sort={Uri.EscapeDataString(path)}")).Is(200);
        Assert.Matches("desc=\"1 documents read, index i\"$", list["Server-Timing"]);
    }

    [Fact]
    public async Task Every_node_fills_its_own_and_a_sort_above_the_limit_waits_for_it()
    {
        await using var cluster = await WebCluster.Start(3, ("Documents:MaxScan", "100"));
        var leader = await cluster.Leader();
        for (var i = 0; i < 120; i++)
        {
            (await leader.Put($"/v1/big/d{i:D3}", $$"""{"n":{{i}}}""")).Is(201);
        }

        var refused = (await leader.Get("/v1/big?sort=-n")).IsProblem(422, "needs-index");
        Assert.Equal("sort", refused.Member("parameter"));
        Assert.Contains("PUT /v1/big/_indexes/{name}", refused.Member("detail"), StringComparison.Ordinal);
        var filtered = (await leader.Get("/v1/big?n[gte]=110")).Is(200);
        Assert.Empty(filtered.Json.GetProperty("items").EnumerateArray());
        Assert.Equal(10, (await leader.Get(filtered["Link"]!.Split('<', '>')[1])).Json.GetProperty("items").GetArrayLength());

        (await leader.Put("/v1/big/_indexes/by-n", """{"path":"n"}""")).Is(201);
        foreach (var node in cluster.Nodes)
        {
            await Ready(node, "big/_indexes/by-n");
            var list = (await node.Get("/v1/big?sort=-n&limit=1")).Is(200);
            Assert.Equal("d119", list.Json.GetProperty("items")[0].GetProperty("id").GetString());
            Assert.Matches("index by-n\"$", list["Server-Timing"]);
        }

        // A cursor is any node's.
        var next = (await leader.Get("/v1/big?sort=n&limit=60"))["Link"]!.Split('<', '>')[1];
        Assert.Equal("d060", (await (await cluster.Follower()).Get(next)).Json.GetProperty("items")[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Writes_go_on_while_an_index_is_filled()
    {
        var seen = new List<string>();
        for (var documents = 0; documents < 160_000;)
        {
            // A fast machine may have filled it before anybody has looked: then with twice as many.
            var more = Math.Max(20_000, documents);
            await PutMany("filled", documents, more);
            documents += more;
            var index = $"/v1/filled/_indexes/over{documents}";
            (await Node.Put(index, """{"path":"n"}""")).Is(201);
            var before = await Begun(index);
            Assert.InRange((await Node.Put("/v1/filled/a", $$"""{"n":-{{documents}}}""")).Status, 200, 201); // what is filled already
            Assert.InRange((await Node.Put("/v1/filled/z", """{"n":-1}""")).Status, 200, 201); // what is still to come
            var after = await Node.Get(index);

            await Ready(Node, index["/v1/".Length..]);
            var list = (await Node.Get("/v1/filled?n[lt]=0&sort=n")).Is(200);
            Assert.Matches("desc=\"2 documents read, index over", list["Server-Timing"]);
            Assert.Equal(["a", "z"], list.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()));
            if (before.Member("state") == "building" && after.Member("state") == "building")
            {
                var (from, to) = (before.Json.GetProperty("progress").GetDouble(), after.Json.GetProperty("progress").GetDouble());
                Assert.True(from is > 0 and < 1 && to >= from && to < 1, $"{before.Text}, then {after.Text}");
                return;
            }

            seen.Add($"{documents} documents: {before.Text}, then {after.Text}");
        }

        Assert.Fail($"no index was seen while it was filled: {string.Join('\n', seen)}");
    }

    /// <summary>As soon as some of it is filled.</summary>
    private async Task<Answer> Begun(string index)
    {
        Answer answer = null!;
        await Eventually.Holds(async () => (answer = (await Node.Get(index)).Is(200)).Json.GetProperty("progress").GetDouble() > 0, TestContext.Current.CancellationToken);
        return answer;
    }

    private async Task PutMany(string collection, int from, int count)
    {
        foreach (var numbers in Enumerable.Range(from, count).Chunk(1000))
        {
            var puts = numbers.Select(n => $$$"""{"op":"put","collection":"{{{collection}}}","id":"d{{{n:D6}}}","document":{"n":{{{n}}}}}""");
            (await Node.Post("/v1/_batch", $$"""{"operations":[{{string.Join(',', puts)}}]}""")).Is(200);
        }
    }

    private static Task Ready(WebNode node, string index) => Eventually.Holds(
        async () => await node.Get($"/v1/{index}") is { Status: 200 } answer && answer.Member("state") == "ready", TestContext.Current.CancellationToken);
}
