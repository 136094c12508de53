using System.Globalization;
using System.Text;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Documents;

public class DocumentHttpTests(WebNodeFixture fixture) : IClassFixture<WebNodeFixture>
{
    private WebNode Node => fixture.Node;

    [Theory]
    [InlineData("""{"a":1e400,"b":1.10,"c":-0,"d":-0.0e-0,"e":123456789012345678901234567890}""")]
    [InlineData("{\r\n\t\"z\" : 1 ,\"a\":[ ]\n}  \n")]
    [InlineData("""{"u":"\u00e9\ud83d\ude00\u0000\/","é":"😀"}""")]
    [InlineData("{}")]
    public async Task A_document_is_read_as_it_was_sent_byte_by_byte(string json)
    {
        (await Node.Put("/v1/bytes/x", json)).Is(201);

        var answer = (await Node.Get("/v1/bytes/x")).Is(200);

        Assert.Equal(Encoding.UTF8.GetBytes(json), answer.Bytes);
        Assert.Equal("application/json", answer["Content-Type"]);
        (await Node.Send("DELETE", "/v1/bytes/x")).Is(204);
    }

    [Fact]
    public async Task A_document_may_have_a_mebibyte_and_no_more()
    {
        var largest = Encoding.UTF8.GetBytes($"{{\"a\":\"{new string('x', (1024 * 1024) - 8)}\"}}");
        Assert.Equal(1024 * 1024, largest.Length);

        (await Node.Send("PUT", "/v1/large/x", WebNode.Json(largest))).Is(201);
        Assert.Equal(largest, (await Node.Get("/v1/large/x")).Bytes);
        (await Node.Send("PUT", "/v1/large/x", WebNode.Json([.. largest, (byte)' ']))).IsProblem(413, "too-large");
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_taken_too()
    {
        var content = new StreamContent(new UnknownLength("{\"a\":1}"u8.ToArray()));
        content.Headers.ContentType = new("application/json");

        (await Node.Send("PUT", "/v1/chunked/x", content)).Is(201);

        Assert.Equal("{\"a\":1}", (await Node.Get("/v1/chunked/x")).Text);
    }

    [Fact]
    public async Task Put_creates_then_replaces_and_the_version_is_the_position()
    {
        var created = (await Node.Put("/v1/puts/x", """{"n":1}""")).Is(201);
        var replaced = (await Node.Put("/v1/puts/x", """{"n":2}""")).Is(200);

        Assert.Equal("/v1/puts/x", created["Location"]);
        Assert.Null(replaced["Location"]);
        foreach (var answer in new[] { created, replaced })
        {
            Assert.Equal("x", answer.Member("id"));
            Assert.Equal($"\"{answer.Member("version")}\"", answer["ETag"]);
            Assert.Equal(answer.Member("version"), answer["Replica-Position"]);
            Assert.Equal("1/1", answer["Replica-Acks"]);
            Assert.Equal("no-store", answer["Cache-Control"]);
        }

        Assert.Equal(replaced["ETag"], (await Node.Get("/v1/puts/x"))["ETag"]);
    }

    [Fact]
    public async Task Post_mints_ids_that_sort_by_time()
    {
        var first = (await Node.Post("/v1/posts", """{"n":1}""")).Is(201);
        var second = (await Node.Post("/v1/posts", """{"n":2}""")).Is(201);

        var id = Guid.Parse(first.Member("id")!, CultureInfo.InvariantCulture);
        Assert.Equal(7, id.Version);
        Assert.Equal($"/v1/posts/{id}", first["Location"]);
        Assert.Equal("""{"n":1}""", (await Node.Get(first["Location"]!)).Text);
        Assert.True(string.CompareOrdinal(first.Member("id"), second.Member("id")) < 0);
    }

    [Theory]
    [InlineData("/v1")]
    [InlineData("/v1/heads")]
    [InlineData("/v1/heads?limit=1")]
    [InlineData("/v1/heads/x")]
    [InlineData("/v1/heads/none")]
    [InlineData("/v1/heads?limit=0")]
    [InlineData("/v1/_positions/1.1")]
    [InlineData("/cluster")]
    [InlineData("/cluster/rolled-back")]
    [InlineData("/health/live")]
    [InlineData("/health/follower")]
    [InlineData("/nowhere")]
    public async Task Head_answers_like_get_without_the_body(string url)
    {
        await Node.Put("/v1/heads/x", $$"""{"x":"{{new string('x', 2000)}}"}""");
        await Node.Put("/v1/heads/y", "{}");
        foreach (var coding in new[] { "identity", "gzip" })
        {
            var (get, head) = (await Node.Get(url, ("Accept-Encoding", coding)), await Node.Send("HEAD", url, ("Accept-Encoding", coding)));

            Assert.Equal((get.Status, 0), (head.Status, head.Bytes.Length));
            foreach (var header in new[]
            {
                "Content-Type", "Content-Length", "Content-Encoding", "ETag", "Last-Modified", "Vary", "Cache-Control", "Link", "Retry-After", "Replica-Node", "Replica-Role", "Replica-Position",
                "Replica-Leader",
            })
            {
                Assert.Equal((header, get[header]), (header, head[header]));
            }
        }
    }

    [Fact]
    public async Task A_read_tells_how_fresh_it_is()
    {
        await Node.Put("/v1/fresh/x", "{}");

        var answer = (await Node.Get("/v1/fresh/x")).Is(200);

        Assert.Equal(("n1", "leader", Node.Url), (answer["Replica-Node"], answer["Replica-Role"], answer["Replica-Leader"]));
        Assert.Equal("no-cache", answer["Cache-Control"]);
        var staleness = double.Parse(answer["Replica-Staleness"]!, CultureInfo.InvariantCulture);
        Assert.Matches(@"^\d+\.\d{3}$", answer["Replica-Staleness"]);
        Assert.Equal(Math.Ceiling(staleness), double.Parse(answer["Age"]!, CultureInfo.InvariantCulture));
        Assert.Equal("0.000", (await Node.Get("/v1/fresh/x?consistency=linearizable"))["Replica-Staleness"]);
    }

    [Fact]
    public async Task Delete_removes_and_says_when_there_was_nothing()
    {
        await Node.Put("/v1/deletes/x", "{}");

        var deleted = (await Node.Send("DELETE", "/v1/deletes/x")).Is(204);
        Assert.Empty(deleted.Bytes);
        Assert.NotNull(deleted["Replica-Position"]);
        (await Node.Get("/v1/deletes/x")).IsProblem(404, "not-found");
        (await Node.Send("DELETE", "/v1/deletes/x")).IsProblem(404, "not-found");
    }

    [Fact]
    public async Task A_write_happens_only_at_the_version_that_it_names()
    {
        var first = (await Node.Put("/v1/versions/x", """{"n":1}""", ("If-None-Match", "*"))).Is(201)["ETag"]!;
        var refused = (await Node.Put("/v1/versions/x", """{"n":2}""", ("If-None-Match", "*"))).IsProblem(412, "precondition-failed");
        Assert.Equal(first, $"\"{refused.Member("current")}\"");

        var second = (await Node.Put("/v1/versions/x", """{"n":2}""", ("If-Match", first))).Is(200)["ETag"]!;
        (await Node.Put("/v1/versions/x", """{"n":3}""", ("If-Match", first))).IsProblem(412, "precondition-failed");
        (await Node.Put("/v1/versions/x", """{"n":3}""", ("If-Match", $"{first}, {second}"))).Is(200);
        (await Node.Put("/v1/versions/x", """{"n":4}""", ("If-Match", "*"))).Is(200);
        (await Node.Send("DELETE", "/v1/versions/x", ("If-Match", first))).IsProblem(412, "precondition-failed");
        (await Node.Send("DELETE", "/v1/versions/x", ("If-Match", "*"))).Is(204);
        var gone = (await Node.Put("/v1/versions/x", "{}", ("If-Match", "*"))).IsProblem(412, "precondition-failed");
        Assert.Null(gone.Member("current"));
        Assert.NotNull(gone.Member("position"));
    }

    [Fact]
    public async Task What_a_client_has_already_is_not_sent_again()
    {
        var tag = (await Node.Put("/v1/cached/x", "{}"))["ETag"]!;

        var unchanged = (await Node.Get("/v1/cached/x", ("If-None-Match", tag))).Is(304);
        Assert.Empty(unchanged.Bytes);
        Assert.Equal(tag, unchanged["ETag"]);
        Assert.NotNull(unchanged["Replica-Position"]);
        (await Node.Get("/v1/cached/x", ("If-None-Match", "\"1.1\""))).Is(200);
        (await Node.Get("/v1/cached/x", ("If-Modified-Since", "Sat, 21 Nov 2099 20:00:00 GMT"))).Is(200);
        (await Node.Get("/v1/cached/x", ("If-Match", "\"1.1\""))).IsProblem(412, "precondition-failed");
        (await Node.Get("/v1/cached/none", ("If-Match", "*"))).IsProblem(412, "precondition-failed");
    }

    [Fact]
    public async Task A_repeated_key_returns_the_first_outcome_and_writes_nothing()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var first = (await Node.Post("/v1/keys", """{"n":1}""", key)).Is(201);
        Assert.Null(first["Idempotency-Replayed"]);

        var again = (await Node.Post("/v1/keys?acks=all&timeout=9000", """{"n":1}""", key)).Is(201);

        Assert.Equal("true", again["Idempotency-Replayed"]);
        Assert.Equal((first.Text, first["Location"], first["ETag"]), (again.Text, again["Location"], again["ETag"]));
        Assert.Single((await Node.Get("/v1/keys")).Json.GetProperty("items").EnumerateArray());
        (await Node.Post("/v1/keys", """{"n":2}""", key)).IsProblem(422, "idempotency-mismatch");
        (await Node.Post("/v1/keys", """{"n":1}""", key, ("X-Api-Key", "another caller's"))).Is(201);
    }

    [Fact]
    public async Task A_refusal_is_an_outcome_that_a_key_returns_too()
    {
        var key = ("Idempotency-Key", "\"refused\"");
        (await Node.Put("/v1/refusals/x", "{}", key, ("If-Match", "*"))).IsProblem(412, "precondition-failed");
        await Node.Put("/v1/refusals/x", "{}");

        var again = (await Node.Put("/v1/refusals/x", "{}", key, ("If-Match", "*"))).IsProblem(412, "precondition-failed");

        Assert.Equal("true", again["Idempotency-Replayed"]);
    }

    [Fact]
    public async Task A_client_that_prefers_it_is_answered_with_the_document()
    {
        var answer = (await Node.Put("/v1/preferences/x", """{"n":1.0}""", ("Prefer", "respond-async, return=representation"))).Is(201);

        Assert.Equal("""{"n":1.0}""", answer.Text);
        Assert.Equal("return=representation", answer["Preference-Applied"]);
        Assert.Equal("return=minimal", (await Node.Put("/v1/preferences/x", """{"n":1.0}""", ("Prefer", "return=minimal, return=representation")))["Preference-Applied"]);
        Assert.Null((await Node.Put("/v1/preferences/x", """{"n":1.0}""", ("Prefer", "return=everything")))["Preference-Applied"]);
    }

    [Fact]
    public async Task A_write_that_only_the_leader_acknowledged_tells_where_to_ask()
    {
        var accepted = (await Node.Put("/v1/early/x?acks=leader", "{}")).Is(202);

        var position = accepted["Replica-Position"];
        Assert.Equal($"/v1/_positions/{position}", accepted["Location"]);
        await Eventually.Holds(
            async () => (await Node.Get(accepted["Location"]!)).Member("state") == "committed", TestContext.Current.CancellationToken);
        var outcome = (await Node.Get(accepted["Location"]!)).Json.GetProperty("outcome");
        Assert.Equal((201, "x", position), (outcome.GetProperty("status").GetInt32(), outcome.GetProperty("id").GetString(), outcome.GetProperty("version").GetString()));
    }

    [Fact]
    public async Task A_position_tells_what_its_client_was_told()
    {
        var refused = await Node.Put("/v1/told/x", "{}", ("If-Match", "*"));
        var outcome = (await Node.Get($"/v1/_positions/{refused.Member("position")}")).Is(200).Json.GetProperty("outcome");
        Assert.Equal((412, "precondition-failed"), (outcome.GetProperty("status").GetInt32(), outcome.GetProperty("type").GetString()));

        var own = (await Node.Get("/v1/_positions/1.1")).Is(200);
        Assert.Equal(("committed", null), (own.Member("state"), own.Member("outcome")));
        Assert.Equal("unknown", (await Node.Get("/v1/_positions/1.999999")).Member("state"));
        Assert.Equal("lost", (await Node.Get("/v1/_positions/9.1")).Member("state"));
    }

    [Fact]
    public async Task Pages_follow_each_other_in_the_order_of_ids_while_documents_come_and_go()
    {
        var ids = Enumerable.Range(0, 25).Select(i => $"d{i:D2}").ToList();
        foreach (var id in Enumerable.Reverse(ids))
        {
            await Node.Put($"/v1/pages/{id}", $$"""{"id":"{{id}}","n":1.10}""");
        }

        var seen = new List<string>();
        var url = "/v1/pages?limit=10&consistency=leader";
        while (url is not null)
        {
            var page = (await Node.Get(url)).Is(200);
            var items = page.Json.GetProperty("items").EnumerateArray().ToList();
            Assert.InRange(items.Count, 1, 10);
            seen.AddRange(items.Select(item => item.GetProperty("id").GetString()!));
            Assert.Equal($$"""{"id":"{{items[0].GetProperty("id")}}","n":1.10}""", items[0].GetProperty("document").GetRawText());
            Assert.True(Position.TryParse(items[0].GetProperty("version").GetString(), out _));
            Assert.True(items[0].GetProperty("updatedAt").GetDateTimeOffset() > DateTimeOffset.UtcNow.AddMinutes(-5));

            // The last one seen goes, one before it comes, one after it goes and one comes: no other is missed or repeated.
            await Node.Send("DELETE", $"/v1/pages/{seen[^1]}");
            await Node.Put("/v1/pages/a-before", "{}");
            await Node.Send("DELETE", "/v1/pages/d24");
            await Node.Put("/v1/pages/d99", "{}");

            var next = page.Member("next");
            Assert.Equal(next is not null, page["Link"] is not null);
            Assert.Equal(next is null ? null : $"</v1/pages?limit=10&consistency=leader&cursor={next}>; rel=\"next\"", page["Link"]);
            url = next is null ? null! : page["Link"]!.Split('<', '>')[1];
        }

        Assert.Equal([.. ids[..24], "d99"], seen);
    }

    [Fact]
    public async Task A_collection_is_there_while_it_holds_a_document()
    {
        (await Node.Get("/v1/nothing")).Is(200);
        Assert.Empty((await Node.Get("/v1/nothing")).Json.GetProperty("items").EnumerateArray());
        await Node.Put("/v1/counted/a", "{}");
        await Node.Put("/v1/counted/b", "{}");

        Assert.Equal(2, Count("counted", await Node.Get("/v1")));
        await Node.Send("DELETE", "/v1/counted/a");
        await Node.Send("DELETE", "/v1/counted/b");
        Assert.Equal(0, Count("counted", await Node.Get("/v1")));

        static long Count(string name, Answer answer) => answer.Json.GetProperty("collections").EnumerateArray()
            .Where(c => c.GetProperty("name").GetString() == name).Sum(c => c.GetProperty("count").GetInt64());
    }

    /// <summary>Makes the client send chunks: it cannot say how many bytes there are.</summary>
    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
