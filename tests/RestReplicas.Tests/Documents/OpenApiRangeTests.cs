using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>The ranges in the OpenAPI document are those that the node keeps, with whatever settings.</summary>
public sealed class OpenApiRangeTests(WebNodeFixture fixture) : IClassFixture<WebNodeFixture>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restreplicas-");

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>GET is asked as HEAD, which waits for nothing.</summary>
    [Fact]
    public async Task A_number_is_taken_up_to_both_ends_and_refused_beyond()
    {
        var tried = 0;
        foreach (var (route, operation) in (await Description.Of(fixture.Node)).Operations.Where(o => !o.Key.StartsWith("GET ", StringComparison.Ordinal)))
        {
            foreach (var parameter in Description.Parameters(operation).Where(p => p.GetProperty("schema").TryGetProperty("maximum", out _)))
            {
                var (name, schema) = (parameter.GetProperty("name").GetString()!, parameter.GetProperty("schema"));
                var (least, most) = (schema.GetProperty("minimum").GetInt64(), schema.GetProperty("maximum").GetInt64());
                foreach (var value in new[] { least - 1, least, most, most + 1 })
                {
                    var answer = await Ask(route, operation, $"?{name}={value}");
                    Assert.True((answer.Status == 400) == (value < least || value > most), $"{route} {name}={value}: {answer.Status}");
                    tried++;
                }
            }
        }

        Assert.True(tried > 50, $"{tried} requests");
    }

    [Theory]
    [InlineData("GET /v1/{collection}/{id}", "collection", "b", "B-_9", "_b", "9b", "b.b", "bé", "b~")]
    [InlineData("GET /v1/{collection}/{id}", "id", "a", "-", "a_", "~.~", "...", "_a", "é", "a%20b", "a+b")]
    [InlineData("GET /v1/{collection}/_indexes/{name}", "name", "a", "a_-9", "_a", "a.b", "a~")]
    [InlineData("GET /v1/_positions/{position}", "position", "1.1", "9223372036854775807.1", "0.1", "1.0", "01.1", "1.01", "1", "1.", "1.1.1", "x", "+1.1")]
    [InlineData("DELETE /cluster/voters/{name}", "name", "a.b", "9", "a_-", ".a", "_a", "a~")]
    public async Task A_name_is_refused_where_its_pattern_does_not_match(string route, string name, params string[] values)
    {
        var operation = (await Description.Of(fixture.Node)).Operations[route];
        var schema = Description.Parameters(operation).Single(p => p.GetProperty("name").GetString() == name).GetProperty("schema");
        var longest = schema.GetProperty("maxLength").GetInt32();
        string[] lengths = name == "position" ? [] : [new('a', longest), new('a', longest + 1)];
        foreach (var value in values.Concat(lengths))
        {
            var answer = await Ask(route, operation, "", (name, value));
            Assert.True((answer.Status != 400) == Fits(schema, Uri.UnescapeDataString(value)), $"{value}: {answer.Status} {answer.Text}");
        }
    }

    [Theory]
    [InlineData("a", "\"a\"", "!", "a\"b", "~", "", "\"", "\"\"", "a b", "\"a b\"", "\"a", "\"a\"b\"", "\"a\"b", "a\"")]
    public async Task A_key_is_refused_where_its_pattern_does_not_match(params string[] keys)
    {
        var operation = (await Description.Of(fixture.Node)).Operations["PUT /v1/{collection}/{id}"];
        var schema = Description.Parameters(operation).Single(p => p.GetProperty("name").GetString() == "Idempotency-Key").GetProperty("schema");
        foreach (var key in keys.Concat([new('a', 255), new('a', 256), $"\"{new string('a', 255)}\"", $"\"{new string('a', 256)}\""]))
        {
            var answer = await fixture.Node.Put("/v1/keyed/x", "{}", ("Idempotency-Key", key));
            Assert.True((answer.Status != 400) == Fits(schema, key), $"{key}: {answer.Status} {answer.Text}");
        }
    }

    [Fact]
    public async Task The_numbers_and_the_cookie_are_those_of_the_nodes_settings()
    {
        await using var node = await WebNode.StartAlone(
            _directory.FullName,
            ("Documents:MaxPageSize", "70"), ("Documents:PageSize", "70"), ("Documents:MaxBatchOperations", "7"), ("Documents:MaxPatchOperations", "8"),
            ("Changes:MaxPageSize", "90"), ("Changes:PageSize", "90"), ("Changes:LongestWait", "00:00:09"), ("Reads:LongestTimeLimit", "00:00:06"),
            ("Writes:LongestTimeLimit", "00:00:07"), ("Sessions:Cookie", "true"));
        var description = await Description.Of(node);

        Assert.Equal(70, Most("GET /v1/{collection}", "limit"));
        Assert.Equal(70, Most("GET /cluster/rolled-back", "limit"));
        Assert.Equal(90, Most("GET /v1/_changes", "limit"));
        Assert.Equal(9000, Most("GET /v1/_changes", "wait"));
        Assert.Equal(6000, Most("GET /v1/{collection}/{id}", "timeout"));
        Assert.Equal(7000, Most("DELETE /v1/{collection}/{id}", "timeout"));
        Assert.Equal(7, description.Schema("BatchToRun").GetProperty("properties").GetProperty("operations").GetProperty("maxItems").GetInt32());
        var patches = description.Operations["PATCH /v1/{collection}/{id}"].GetProperty("requestBody").GetProperty("content");
        Assert.Equal(8, patches.GetProperty("application/json-patch+json").GetProperty("schema").GetProperty("maxItems").GetInt32());
        Assert.Contains("replica-position", Names(description.Operations["GET /v1/{collection}"]));
        Assert.DoesNotContain("replica-position", Names((await Description.Of(fixture.Node)).Operations["GET /v1/{collection}"]));

        int Most(string route, string name) =>
            Description.Parameters(description.Operations[route]).Single(p => p.GetProperty("name").GetString() == name).GetProperty("schema").GetProperty("maximum").GetInt32();

        static IEnumerable<string?> Names(JsonElement operation) => Description.Parameters(operation).Select(p => p.GetProperty("name").GetString());
    }

    private static bool Fits(JsonElement schema, string value) =>
        value.Length >= schema.GetProperty("minLength").GetInt32() && value.Length <= schema.GetProperty("maxLength").GetInt32()
        && Regex.IsMatch(value, schema.GetProperty("pattern").GetString()!, RegexOptions.ECMAScript);

    /// <summary>With the document's own examples, but for the path parameter that is named.</summary>
    private Task<Answer> Ask(string route, JsonElement operation, string query, (string Name, string Value) chosen = default)
    {
        var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
        foreach (var parameter in Description.Parameters(operation).Where(p => p.GetProperty("in").GetString() == "path"))
        {
            var name = parameter.GetProperty("name").GetString()!;
            path = path.Replace($"{{{name}}}", name == chosen.Name ? chosen.Value : parameter.GetProperty("example").GetString(), StringComparison.Ordinal);
        }

        if (!operation.TryGetProperty("requestBody", out var body))
        {
            return fixture.Node.Send(method, path + query);
        }

        var (type, content) = Description.Contents(body).Select(c => (c.Name, c.Value)).First();
        return fixture.Node.Send(method, path + query, new StringContent(content.GetProperty("example").GetRawText(), new System.Net.Http.Headers.MediaTypeHeaderValue(type)));
    }
}
