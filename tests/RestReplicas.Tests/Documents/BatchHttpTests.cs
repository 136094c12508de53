using System.Text.Json;
using Xunit;

namespace RestReplicas.Tests.Documents;

public class BatchHttpTests(WebNodeFixture fixture) : IClassFixture<WebNodeFixture>
{
    private WebNode Node => fixture.Node;

    [Fact]
    public async Task All_operations_are_done_at_one_position_and_each_has_its_result()
    {
        var old = (await Node.Put("/v1/all/replaced", "{}")).Member("version")!;
        await Node.Put("/v1/all/gone", "{}");
        await Node.Put("/v1/all/merged", """{"n":1.10,"m":1}""");
        await Node.Put("/v1/all/patched", """{"list":[1]}""");

        var answer = (await Batch($$$"""
            {"operations": [
              {"op": "put", "collection": "all", "id": "created", "document": { "n" : 1e400 , "s":"\u00e9" }, "ifNoneMatch": "*"},
              {"op": "put", "collection": "all", "id": "replaced", "document": {"n": 2}, "ifMatch": "{{{old}}}"},
              {"op": "post", "collection": "others", "document": {"n": 3}},
              {"op": "patch", "collection": "all", "id": "merged", "patch": {"m": null}},
              {"op": "patch", "collection": "all", "id": "patched", "patch": [{"op": "add", "path": "/list/-", "value": 2}], "ifMatch": "*"},
              {"op": "delete", "collection": "all", "id": "gone", "ifMatch": "*"},
              {"op": "check", "collection": "all", "id": "none", "ifNoneMatch": "*"}
            ]}
            """)).Is(200);

        var position = answer["Replica-Position"];
        Assert.Equal(position, answer.Member("position"));
        var results = answer.Json.GetProperty("results").EnumerateArray().ToList();
        Assert.Equal([201, 200, 201, 200, 200, 204, 200], results.Select(r => r.GetProperty("status").GetInt32()));
        Assert.Equal([position, position, position, position, position, null, null], results.Select(r => r.GetProperty("version").GetString()));
        Assert.Equal(["created", "replaced", "merged", "patched", "gone", "none"], results.Where((_, i) => i != 2).Select(r => r.GetProperty("id").GetString()));
        Assert.Equal(("others", 7), (results[2].GetProperty("collection").GetString(), Guid.Parse(results[2].GetProperty("id").GetString()!).Version));

        var created = await Node.Get("/v1/all/created");
        Assert.Equal(("""{ "n" : 1e400 , "s":"\u00e9" }""", $"\"{position}\""), (created.Text, created["ETag"]));
        Assert.Equal("""{"n": 3}""", (await Node.Get($"/v1/others/{results[2].GetProperty("id")}")).Text);
        Assert.Equal("""{"n":1.10}""", (await Node.Get("/v1/all/merged")).Text);
        Assert.Equal("""{"list":[1,2]}""", (await Node.Get("/v1/all/patched")).Text);
        (await Node.Get("/v1/all/gone")).Is(404);
    }

    [Theory]
    [InlineData("""{"op":"put","collection":"none","id":"x","document":{},"ifMatch":"*"}""", 412, "precondition-failed", "/operations/1", null)]
    [InlineData("""{"op":"put","collection":"none","id":"there","document":{},"ifNoneMatch":"*"}""", 412, "precondition-failed", "/operations/1", null)]
    [InlineData("""{"op":"put","collection":"none","id":"there","document":{},"ifMatch":"1.1"}""", 412, "precondition-failed", "/operations/1", null)]
    [InlineData("""{"op":"check","collection":"none","id":"there","ifMatch":"\"1.1\""}""", 412, "precondition-failed", "/operations/1", null)]
    [InlineData("""{"op":"delete","collection":"none","id":"x"}""", 404, "not-found", "/operations/1", null)]
    [InlineData("""{"op":"patch","collection":"none","id":"x","patch":{}}""", 404, "not-found", "/operations/1", null)]
    [InlineData("""{"op":"patch","collection":"none","id":"there","patch":{},"ifMatch":"1.1"}""", 412, "precondition-failed", "/operations/1", null)]
    [InlineData("""{"op":"patch","collection":"none","id":"there","patch":[{"op":"test","path":"/n","value":1},{"op":"test","path":"/n","value":2}]}""", 409, "patch-conflict", "/operations/1/patch/1", "/n")]
    [InlineData("""{"op":"patch","collection":"none","id":"there","patch":[{"op":"replace","path":"","value":[]}]}""", 422, "patch-unprocessable", "/operations/1/patch/0", "")]
    public async Task Where_one_operation_fails_none_is_done_and_the_problem_names_it(string failing, int status, string type, string path, string? target)
    {
        await Node.Put("/v1/none/there", """{"n":1}""");

        var problem = (await Batch($$$"""
            {"operations":[{"op":"put","collection":"none","id":"first","document":{}},{{{failing}}},{"op":"delete","collection":"none","id":"never"}]}
            """)).IsProblem(status, type);

        Assert.Equal(("1", path, target), (problem.Member("operation"), problem.Member("path"), problem.Member("target")));
        Assert.NotNull(problem.Member("position"));
        (await Node.Get("/v1/none/first")).Is(404);
        Assert.Equal("""{"n":1}""", (await Node.Get("/v1/none/there")).Text);
    }

    [Fact]
    public async Task A_repeated_key_returns_the_first_outcome_with_the_ids_that_it_minted()
    {
        var key = ("Idempotency-Key", "batch-once");
        const string Posts = """{"operations":[{"op":"post","collection":"once","document":{"n":1}},{"op":"post","collection":"once","document":{"n":2}}]}""";
        var first = (await Batch(Posts, key)).Is(200);
        var again = (await Batch(Posts, key)).Is(200);

        Assert.Equal((first.Text, "true", null), (again.Text, again["Idempotency-Replayed"], first["Idempotency-Replayed"]));
        Assert.Equal(2, (await Node.Get("/v1/once")).Json.GetProperty("items").GetArrayLength());
        (await Batch(Posts.Replace("2", "3", StringComparison.Ordinal), key)).IsProblem(422, "idempotency-mismatch");

        var refused = (await Batch("""{"operations":[{"op":"delete","collection":"once","id":"x"}]}""", ("Idempotency-Key", "refused-batch"))).IsProblem(404, "not-found");
        await Node.Put("/v1/once/x", "{}");
        var replayed = (await Batch("""{"operations":[{"op":"delete","collection":"once","id":"x"}]}""", ("Idempotency-Key", "refused-batch"))).IsProblem(404, "not-found");
        Assert.Equal((refused.Text, "true"), (replayed.Text, replayed["Idempotency-Replayed"]));
    }

    [Fact]
    public async Task A_client_that_prefers_it_is_answered_with_the_documents()
    {
        await Node.Put("/v1/represented/y", """{"n":1}""");
        (string, string)[] headers = [("Prefer", "return=representation"), ("Idempotency-Key", "represented-batch")];
        const string Body = """
            {"operations":[{"op":"put","collection":"represented","id":"x","document":{"a":1.0}},{"op":"patch","collection":"represented","id":"y","patch":{"m":2}},{"op":"check","collection":"represented","id":"z","ifNoneMatch":"*"}]}
            """;
        foreach (var answer in new[] { await Batch(Body, headers), await Batch(Body, headers) })
        {
            var results = answer.Is(200).Json.GetProperty("results");
            Assert.Equal("return=representation", answer["Preference-Applied"]);
            Assert.Equal(("""{"a":1.0}""", """{"n":1,"m":2}"""), (results[0].GetProperty("document").GetRawText(), results[1].GetProperty("document").GetRawText()));
            Assert.False(results[2].TryGetProperty("document", out _));
        }

        Assert.Equal("return=minimal", (await Batch(Body, ("Prefer", "return=minimal"))).Is(200)["Preference-Applied"]);
    }

    [Fact]
    public async Task A_repeated_batch_is_answered_with_the_documents_although_its_patch_would_not_fit_any_more()
    {
        await Node.Put("/v1/refitted/y", """{"n":1}""");
        (string, string)[] headers = [("Prefer", "return=representation"), ("Idempotency-Key", "refitted-batch")];
        const string Body = """
            {"operations":[{"op":"patch","collection":"refitted","id":"y","patch":[{"op":"test","path":"/n","value":1},{"op":"replace","path":"/n","value":2}]},{"op":"put","collection":"refitted","id":"x","document":{"a":1}},{"op":"post","collection":"refitted","document":{"b":1}}]}
            """;
        var first = (await Batch(Body, headers)).Is(200).Text;
        Assert.Equal(first, (await Batch(Body, headers)).Is(200).Text);
    }

    [Fact]
    public async Task A_batch_that_only_the_leader_acknowledged_tells_where_to_ask()
    {
        var accepted = (await Batch("""{"operations":[{"op":"put","collection":"early","id":"x","document":{}},{"op":"put","collection":"early","id":"y","document":{}}]}""", "?acks=leader")).Is(202);
        Assert.Equal($"/v1/_positions/{accepted["Replica-Position"]}", accepted["Location"]);
        Assert.Equal([202, 202], accepted.Json.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("status").GetInt32()));
        await Eventually.Holds(async () => (await Node.Get(accepted["Location"]!)).Member("state") == "committed", TestContext.Current.CancellationToken);
        Assert.Equal(200, (await Node.Get(accepted["Location"]!)).Json.GetProperty("outcome").GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task A_position_tells_what_became_of_every_operation()
    {
        var done = (await Batch("""{"operations":[{"op":"post","collection":"told","document":{}},{"op":"put","collection":"told","id":"x","document":{}}]}""")).Is(200);
        var outcome = (await Node.Get($"/v1/_positions/{done["Replica-Position"]}")).Is(200).Json.GetProperty("outcome");
        Assert.Equal(
            done.Json.GetProperty("results").EnumerateArray().Select(r => (r.GetProperty("status").GetInt32(), r.GetProperty("id").GetString())),
            outcome.GetProperty("results").EnumerateArray().Select(r => (r.GetProperty("status").GetInt32(), r.GetProperty("id").GetString())));

        var refused = (await Batch("""{"operations":[{"op":"put","collection":"told","id":"y","document":{}},{"op":"delete","collection":"told","id":"none"}]}""")).IsProblem(404, "not-found");
        outcome = (await Node.Get($"/v1/_positions/{refused.Member("position")}")).Is(200).Json.GetProperty("outcome");
        Assert.Equal((1, JsonValueKind.Null), (outcome.GetProperty("operation").GetInt32(), outcome.GetProperty("results").ValueKind));
    }

    [Fact]
    public async Task Batches_that_patch_the_same_documents_in_any_order_all_come_through()
    {
        await Node.Put("/v1/crossed/a", """{"n":[]}""");
        await Node.Put("/v1/crossed/b", """{"n":[]}""");
        var batches = await Task.WhenAll(Enumerable.Range(0, 40).Select(i =>
        {
            var (one, other) = i % 2 == 0 ? ("a", "b") : ("b", "a");
            return Batch($$"""{"operations":[{{Append(one, i)}},{{Append(other, i)}}]}""");
        }));

        Assert.All(batches, answer => answer.Is(200));
        var (a, b) = ((await Node.Get("/v1/crossed/a")).Text, (await Node.Get("/v1/crossed/b")).Text);
        Assert.Equal(a, b);
        Assert.Equal(40, JsonDocument.Parse(a).RootElement.GetProperty("n").GetArrayLength());

        static string Append(string id, int value) => $$"""{"op":"patch","collection":"crossed","id":"{{id}}","patch":[{"op":"add","path":"/n/-","value":{{value}}}]}""";
    }

    [Fact]
    public async Task What_patches_make_of_documents_counts_towards_the_size_of_a_batch()
    {
        var large = $$"""{"a":"{{new string('x', 1000 * 1000)}}"}""";
        for (var i = 0; i < 5; i++)
        {
            await Node.Put($"/v1/heavy/{i}", large);
        }

        string Patches(int count) => $$"""{"operations":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $$$"""{"op":"patch","collection":"heavy","id":"{{{i}}}","patch":{"b":1}}"""))}}]}""";
        Assert.Equal("4", (await Batch(Patches(5))).IsProblem(422, "patch-unprocessable").Member("operation"));
        (await Batch(Patches(4))).Is(200);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("[]", "")]
    [InlineData("{}", "")]
    [InlineData("""{"operations":{}}""", "")]
    [InlineData("""{"operations":[],"x":1}""", "/x")]
    [InlineData("""{"operations":[]}""", "/operations")]
    [InlineData("""{"operations":[1]}""", "/operations/0/op")]
    [InlineData("""{"operations":[{"op":"get","collection":"a","id":"b"}]}""", "/operations/0/op")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","id":"b"}]}""", "/operations/0/document")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","id":"b","document":[]}]}""", "/operations/0/document")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","id":"b","document":"{}"}]}""", "/operations/0/document")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","id":"b","document":{},"ifmatch":"1.1"}]}""", "/operations/0/ifmatch")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","id":"b","document":{},"if/match":"1.1"}]}""", "/operations/0/if~1match")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","id":"b","document":{"x":1,"x":2}}]}""", "/operations/0/document/x")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","document":{}}]}""", "/operations/0/id")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","id":7,"document":{}}]}""", "/operations/0/id")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","id":"../b","document":{}}]}""", "/operations/0/id")]
    [InlineData("""{"operations":[{"op":"put","id":"b","document":{}}]}""", "/operations/0/collection")]
    [InlineData("""{"operations":[{"op":"put","collection":"_a","id":"b","document":{}}]}""", "/operations/0/collection")]
    [InlineData("""{"operations":[{"op":"put","collection":"a'; DROP TABLE documents","id":"b","document":{}}]}""", "/operations/0/collection")]
    [InlineData("""{"operations":[{"op":"post","collection":"a","id":"b","document":{}}]}""", "/operations/0/id")]
    [InlineData("""{"operations":[{"op":"post","collection":"a","document":{},"ifMatch":"*"}]}""", "/operations/0/ifMatch")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","id":"b","document":{},"ifMatch":"latest"}]}""", "/operations/0/ifMatch")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","id":"b","document":{},"ifMatch":["1.1"]}]}""", "/operations/0/ifMatch")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","id":"b","document":{},"ifNoneMatch":"1.1"}]}""", "/operations/0/ifNoneMatch")]
    [InlineData("""{"operations":[{"op":"put","collection":"a","id":"b","document":{},"ifMatch":"*","ifNoneMatch":"*"}]}""", "/operations/0/ifNoneMatch")]
    [InlineData("""{"operations":[{"op":"delete","collection":"a","id":"b","document":{}}]}""", "/operations/0/document")]
    [InlineData("""{"operations":[{"op":"check","collection":"a","id":"b"}]}""", "/operations/0")]
    [InlineData("""{"operations":[{"op":"patch","collection":"a","id":"b"}]}""", "/operations/0/patch")]
    [InlineData("""{"operations":[{"op":"patch","collection":"a","id":"b","patch":"{}"}]}""", "/operations/0/patch")]
    [InlineData("""{"operations":[{"op":"patch","collection":"a","id":"b","patch":[{"op":"add","path":"x","value":1}]}]}""", "/operations/0/patch/0/path")]
    [InlineData("""{"operations":[{"op":"delete","collection":"a","id":"b"},{"op":"check","collection":"a","id":"b","ifMatch":"*"}]}""", "/operations/1/id")]
    public async Task A_body_that_is_no_batch_is_refused_with_its_fault(string body, string path)
    {
        var problem = (await Batch(body)).IsProblem(400, "invalid-batch");
        Assert.Equal(path, problem.Member("path"));
        Assert.InRange(problem.Json.GetProperty("offset").GetInt32(), 0, body.Length);
        Assert.Null(problem.Member("position"));
    }

    [Fact]
    public async Task A_batch_has_bounded_operations_bytes_and_depths()
    {
        string Puts(int count, string document) => $$"""{"operations":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"op":"put","collection":"bounds","id":"d{{i}}","document":{{document}}}"""))}}]}""";
        (await Batch(Puts(1000, "{}"))).Is(200);
        (await Batch(Puts(1001, "{}"))).IsProblem(400, "invalid-batch");
        (await Batch(Puts(1, $$"""{"a":"{{new string('x', 1024 * 1024)}}"}"""))).IsProblem(400, "invalid-batch");
        (await Batch(Puts(5, $$"""{"a":"{{new string('x', 1000 * 1000)}}"}"""))).IsProblem(413, "too-large");
        (await Batch(Puts(1, Nested(64)))).Is(200);
        (await Batch(Puts(1, Nested(65)))).IsProblem(400, "invalid-batch");
        (await Batch(Puts(1, Nested(600)))).IsProblem(400, "invalid-batch");

        static string Nested(int levels) => $"{{\"a\":{new string('[', levels - 1)}{new string(']', levels - 1)}}}";
    }

    [Theory]
    [InlineData("?acks=most", null, null, "acks")]
    [InlineData("?dryRun=true", null, null, "dryRun")]
    [InlineData("", "If-Match", "*", "If-Match")]
    [InlineData("", "If-None-Match", "*", "If-None-Match")]
    [InlineData("", "Idempotency-Key", "", "Idempotency-Key")]
    public async Task A_batch_names_what_is_wrong_with_its_request(string query, string? header, string? value, string parameter)
    {
        (string, string)[] headers = header is null ? [] : [(header, value!)];
        Assert.Equal(parameter, (await Batch("""{"operations":[{"op":"delete","collection":"a","id":"b"}]}""", query, headers)).IsProblem(400, "invalid-request").Member("parameter"));
    }

    [Theory]
    [InlineData("""{"op":"put","collection":"a","id":"b","document":{},"ifMatch":"*"}""")]
    [InlineData("""{"op":"check","collection":"a","id":"b","ifNoneMatch":"*"}""")]
    [InlineData("""{"op":"patch","collection":"a","id":"b","patch":{}}""")]
    public async Task An_early_answer_goes_with_neither_conditions_nor_patches(string operation)
    {
        Assert.Equal("acks", (await Batch($$"""{"operations":[{{operation}}]}""", "?acks=leader")).IsProblem(400, "invalid-request").Member("parameter"));
    }

    [Fact]
    public async Task Other_methods_and_types_are_refused()
    {
        (await Node.Send("POST", "/v1/_batch", new StringContent("{}"))).IsProblem(415, "unsupported-media-type");
        (await Node.Get("/v1/_batch")).IsProblem(405, "method-not-allowed");
        (await Node.Send("DELETE", "/v1/_batch")).IsProblem(405, "method-not-allowed");
    }

    private Task<Answer> Batch(string body, params (string Name, string Value)[] headers) => Batch(body, "", headers);

    private Task<Answer> Batch(string body, string query, params (string Name, string Value)[] headers) => Node.Post("/v1/_batch" + query, body, headers);
}
