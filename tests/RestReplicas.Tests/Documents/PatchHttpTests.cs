using System.Text;
using Xunit;

namespace RestReplicas.Tests.Documents;

public class PatchHttpTests(WebNodeFixture fixture) : IClassFixture<WebNodeFixture>
{
    private const string Merge = "application/merge-patch+json";
    private const string Operations = "application/json-patch+json";

    private WebNode Node => fixture.Node;

    [Fact]
    public async Task A_merge_patch_changes_what_it_names_and_leaves_the_rest_as_it_was_written()
    {
        var first = await Node.Put("/v1/merges/x", """{"price":1.10,"big":1e400,"tags":[ 1 , 2 ],"draft":true}""");
        var patched = (await Patch("/v1/merges/x", """{"draft":null,"price":1.20}""")).Is(200);

        Assert.Equal(("x", patched["Replica-Position"], $"\"{patched["Replica-Position"]}\""), (patched.Member("id"), patched.Member("version"), patched["ETag"]));
        Assert.NotEqual(first["ETag"], patched["ETag"]);
        Assert.Equal("1/1", patched["Replica-Acks"]);
        var read = await Node.Get("/v1/merges/x");
        Assert.Equal("""{"price":1.20,"big":1e400,"tags":[ 1 , 2 ]}""", read.Text);
        Assert.Equal(patched["ETag"], read["ETag"]);
    }

    [Fact]
    public async Task A_JSON_Patch_is_made_whole_or_not_at_all()
    {
        await Node.Put("/v1/operations/x", """{"a":1,"b":[1]}""");
        var conflict = (await Patch("/v1/operations/x", """[{"op":"add","path":"/b/-","value":2},{"op":"test","path":"/a","value":2}]""", Operations)).IsProblem(409, "patch-conflict");
        Assert.Equal(("1", "/a"), (conflict.Member("operation"), conflict.Member("target")));
        Assert.Equal((await Node.Get("/v1/operations/x"))["ETag"], $"\"{conflict.Member("current")}\"");
        Assert.Equal("""{"a":1,"b":[1]}""", (await Node.Get("/v1/operations/x")).Text);

        (await Patch("/v1/operations/x", """[{"op":"add","path":"/b/-","value":2},{"op":"test","path":"/a","value":1.0}]""", Operations)).Is(200);
        Assert.Equal("""{"a":1,"b":[1,2]}""", (await Node.Get("/v1/operations/x")).Text);
        (await Patch("/v1/operations/x", "[]", Operations)).Is(200);
    }

    [Theory]
    [InlineData("""[{"op":"remove","path":"/c"}]""", 409, "patch-conflict", "0", "/c")]
    [InlineData("""[{"op":"add","path":"/b","value":1},{"op":"add","path":"/a/x/y","value":1}]""", 409, "patch-conflict", "1", "/a/x/y")]
    [InlineData("""[{"op":"replace","path":"","value":[1]}]""", 422, "patch-unprocessable", "0", "")]
    [InlineData("""[{"op":"remove","path":""}]""", 409, "patch-conflict", "0", "")]
    public async Task A_patch_that_does_not_fit_says_which_operation_and_where(string patch, int status, string type, string operation, string target)
    {
        await Node.Put("/v1/misfits/x", """{"a":[]}""");
        var problem = (await Patch("/v1/misfits/x", patch, Operations)).IsProblem(status, type);
        Assert.Equal((operation, target), (problem.Member("operation"), problem.Member("target")));
        Assert.NotNull(problem.Member("current"));
        Assert.Equal("""{"a":[]}""", (await Node.Get("/v1/misfits/x")).Text);
    }

    [Fact]
    public async Task What_results_is_a_document_within_its_limits()
    {
        await Node.Put("/v1/limits/x", $$"""{"a":"{{new string('x', 1024 * 600)}}","b":{{new string('[', 63)}}{{new string(']', 63)}}}""");
        (await Patch("/v1/limits/x", """[{"op":"copy","from":"/a","path":"/c"}]""", Operations)).IsProblem(422, "patch-unprocessable");
        (await Patch("/v1/limits/x", $$"""{"c":"{{new string('y', 1024 * 600)}}"}""")).IsProblem(422, "patch-unprocessable");
        (await Patch("/v1/limits/x", """[{"op":"copy","from":"/b","path":"/b/0"}]""", Operations)).IsProblem(422, "patch-unprocessable");
        (await Patch("/v1/limits/x", $$"""{"c":"{{new string('y', 1024 * 1024)}}"}""")).IsProblem(413, "too-large");
    }

    [Fact]
    public async Task A_patch_that_cannot_be_computed_in_its_time_says_so_and_changes_nothing()
    {
        var document = $$"""{"a":[{{string.Join(',', Enumerable.Repeat("1", 500_000))}}]}""";
        var patch = $"[{string.Join(',', Enumerable.Repeat("""{"op":"add","path":"/a/0","value":1}""", 1000))}]";
        await Node.Put("/v1/long/x", document);
        var tooSlow = (await Patch("/v1/long/x?timeout=1", patch, Operations)).IsProblem(429, "overloaded");
        Assert.Contains("timeout", tooSlow.Member("detail"), StringComparison.Ordinal);
        Assert.Equal(document, (await Node.Get("/v1/long/x")).Text);

        (await Patch("/v1/long/x?timeout=60000", patch, Operations)).Is(200);
        Assert.Equal(document.Length + 2000, (await Node.Get("/v1/long/x")).Text.Length);
    }

    [Fact]
    public async Task A_patch_of_a_missing_document_is_404()
    {
        var missing = (await Patch("/v1/missing/x", """{"a":1}""")).IsProblem(404, "not-found");
        Assert.NotNull(missing.Member("position"));
        (await Patch("/v1/missing/x", "[]", Operations)).IsProblem(404, "not-found");
        (await Patch("/v1/missing/x", "{}", Merge, ("If-Match", "*"))).IsProblem(412, "precondition-failed");
        (await Patch("/v1/missing/x", "{}", Merge, ("If-Match", "\"1.1\""))).IsProblem(412, "precondition-failed");
        Assert.Equal(404, (await Node.Get($"/v1/_positions/{missing.Member("position")}")).Json.GetProperty("outcome").GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task A_patch_happens_only_at_the_version_that_it_names()
    {
        var first = (await Node.Put("/v1/versions/x", """{"n":1}"""))["ETag"]!;
        var second = (await Patch("/v1/versions/x", """{"n":2}""", Merge, ("If-Match", first))).Is(200)["ETag"]!;
        var refused = (await Patch("/v1/versions/x", """{"n":3}""", Merge, ("If-Match", first))).IsProblem(412, "precondition-failed");
        Assert.Equal(second, $"\"{refused.Member("current")}\"");
        (await Patch("/v1/versions/x", """{"n":3}""", Merge, ("If-Match", $"{first}, {second}"))).Is(200);
        (await Patch("/v1/versions/x", """{"n":4}""", Merge, ("If-Match", "*"))).Is(200);
        Assert.Equal("""{"n":4}""", (await Node.Get("/v1/versions/x")).Text);
    }

    [Fact]
    public async Task A_repeated_key_returns_the_first_outcome_of_a_patch()
    {
        await Node.Put("/v1/keyed/x", """{"n":[]}""");
        var key = ("Idempotency-Key", "patch-once");
        const string Append = """[{"op":"add","path":"/n/-","value":1}]""";
        var first = (await Patch("/v1/keyed/x", Append, Operations, key)).Is(200);
        var again = (await Patch("/v1/keyed/x", Append, Operations, key)).Is(200);

        Assert.Equal((first.Text, first["ETag"], "true"), (again.Text, again["ETag"], again["Idempotency-Replayed"]));
        Assert.Equal("""{"n":[1]}""", (await Node.Get("/v1/keyed/x")).Text);
        (await Patch("/v1/keyed/x", """[{"op":"add","path":"/n/-","value":2}]""", Operations, key)).IsProblem(422, "idempotency-mismatch");
    }

    [Theory]
    [InlineData("missing", """{"n":1}""", Merge, null, 404, "not-found")]
    [InlineData("conflict", """[{"op":"test","path":"/n","value":2}]""", Operations, null, 409, "patch-conflict")]
    [InlineData("conditional", """{"n":1}""", Merge, "\"1.1\"", 412, "precondition-failed")]
    public async Task A_refusal_of_a_patch_is_an_outcome_that_a_key_returns_too(string id, string patch, string type, string? ifMatch, int status, string problem)
    {
        var url = $"/v1/refusals/{id}";
        if (id != "missing")
        {
            await Node.Put(url, """{"n":1}""");
        }

        (string, string)[] headers = [("Idempotency-Key", $"refused-{id}"), .. ifMatch is null ? [] : new[] { ("If-Match", ifMatch) }];
        var first = (await Patch(url, patch, type, headers)).IsProblem(status, problem);
        await Node.Put(url, """{"n":2}""");

        var again = (await Patch(url, patch, type, headers)).IsProblem(status, problem);

        Assert.Equal("true", again["Idempotency-Replayed"]);
        Assert.Equal((first.Text, null), (again.Text, first["Idempotency-Replayed"]));
        Assert.Equal("""{"n":2}""", (await Node.Get(url)).Text);
    }

    [Fact]
    public async Task A_client_that_prefers_it_is_answered_with_the_patched_document()
    {
        await Node.Put("/v1/preferences/x", """{"n":1}""");
        (string, string)[] headers = [("Prefer", "return=representation"), ("Idempotency-Key", "represented")];
        var answer = (await Patch("/v1/preferences/x", """{"m":2.0}""", Merge, headers)).Is(200);
        Assert.Equal(("""{"n":1,"m":2.0}""", "return=representation"), (answer.Text, answer["Preference-Applied"]));

        var again = (await Patch("/v1/preferences/x", """{"m":2.0}""", Merge, headers)).Is(200);
        Assert.Equal((answer.Text, "true"), (again.Text, again["Idempotency-Replayed"]));

        await Node.Put("/v1/preferences/x", "{}");
        var late = (await Patch("/v1/preferences/x", """{"m":2.0}""", Merge, headers)).Is(200);
        Assert.Equal((answer["ETag"], null), (late["ETag"], late["Preference-Applied"]));
        Assert.Equal($"\"{late.Member("version")}\"", late["ETag"]);
    }

    [Fact]
    public async Task Many_patches_of_one_document_are_all_made_in_turn()
    {
        await Node.Put("/v1/hot/x", """{"list":[]}""");
        var patches = Enumerable.Range(0, 100).Select(i => i % 4 == 0
            ? Node.Put("/v1/hot/y", "{}")
            : Patch("/v1/hot/x", i % 2 == 0 ? $$"""[{"op":"add","path":"/list/-","value":{{i}}}]""" : $$"""{"m{{i}}":{{i}}}""", i % 2 == 0 ? Operations : Merge));
        Assert.All(await Task.WhenAll(patches), answer => Assert.True(answer.Status is 200 or 201, answer.Text));

        var document = (await Node.Get("/v1/hot/x")).Json;
        Assert.Equal(25, document.GetProperty("list").GetArrayLength());
        Assert.Equal(51, document.EnumerateObject().Count());
    }

    [Fact]
    public async Task Patches_and_puts_of_one_document_lose_nothing_to_each_other()
    {
        await Node.Put("/v1/mixed/x", """{"n":0}""");
        var puts = Task.WhenAll(Enumerable.Range(0, 40).Select(i => Node.Put("/v1/mixed/x", $$"""{"put":{{i}}}""")));
        var patches = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Patch("/v1/mixed/x", """{"patched":true}""")));
        await puts;

        Assert.All(patches, answer => answer.Is(200));
        (await Patch("/v1/mixed/x", """{"last":1}""")).Is(200);
        Assert.Equal(1, (await Node.Get("/v1/mixed/x")).Json.GetProperty("last").GetInt32());
    }

    [Theory]
    [InlineData(Merge, "", "")]
    [InlineData(Merge, "[1]", "")]
    [InlineData(Merge, "null", "")]
    [InlineData(Merge, "{\"a\":tru}", "/a")]
    [InlineData(Merge, "{\"a\":1,\"a\":2}", "/a")]
    [InlineData(Merge, "{\"a\":\"\\ud800\"}", "/a")]
    [InlineData(Operations, "", "")]
    [InlineData(Operations, "{}", "")]
    [InlineData(Operations, "[1]", "/0")]
    [InlineData(Operations, "[{\"op\":\"add\",\"op\":\"remove\",\"path\":\"\"}]", "/0/op")]
    [InlineData(Operations, "[{\"op\":\"add\",\"path\":\"a\",\"value\":1}]", "/0/path")]
    [InlineData(Operations, "[{\"op\":\"test\",\"path\":\"\"}]", "/0")]
    public async Task A_body_that_is_no_patch_is_refused_with_its_fault(string type, string body, string path)
    {
        var problem = (await Patch("/v1/bad/x", body, type)).IsProblem(400, "invalid-patch");
        Assert.Equal(path, problem.Member("path"));
        Assert.NotNull(problem.Member("offset"));
        Assert.Null(problem.Member("position"));
    }

    [Theory]
    [InlineData("/v1/_bad/x", null, null, "collection")]
    [InlineData("/v1/bad/_x", null, null, "id")]
    [InlineData("/v1/bad/a%2Fb", null, null, "id")]
    [InlineData("/v1/bad/x?acks=leader", null, null, "acks")]
    [InlineData("/v1/bad/x?acks=", null, null, "acks")]
    [InlineData("/v1/bad/x?timeout=0", null, null, "timeout")]
    [InlineData("/v1/bad/x?path=/a", null, null, "path")]
    [InlineData("/v1/bad/x", "If-None-Match", "*", "If-None-Match")]
    [InlineData("/v1/bad/x", "If-Match", "1.1", "If-Match")]
    [InlineData("/v1/bad/x", "Idempotency-Key", "two words", "Idempotency-Key")]
    [InlineData("/v1/bad/x", "If-Unmodified-Since", "Sat, 21 Nov 2026 20:00:00 GMT", "If-Unmodified-Since")]
    public async Task A_patch_names_what_is_wrong_with_its_request(string url, string? header, string? value, string parameter)
    {
        (string, string)[] headers = header is null ? [] : [(header, value!)];
        Assert.Equal(parameter, (await Patch(url, "{}", Merge, headers)).IsProblem(400, "invalid-request").Member("parameter"));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("application/merge-patch+json; charset=utf-16")]
    public async Task Another_type_is_refused_with_those_that_are_taken(string type)
    {
        var problem = (await Patch("/v1/bad/x", "{}", type)).IsProblem(415, "unsupported-media-type");
        Assert.Equal("application/merge-patch+json, application/json-patch+json", problem["Accept-Patch"]);
    }

    private Task<Answer> Patch(string path, string patch, string type = Merge, params (string Name, string Value)[] headers)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(patch));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return Node.Send("PATCH", path, content, headers);
    }
}
