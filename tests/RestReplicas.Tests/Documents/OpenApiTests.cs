using System.Text.Json;
using RestReplicas.Documents;
using Xunit;

namespace RestReplicas.Tests.Documents;

public class OpenApiTests(WebNodeFixture fixture) : IClassFixture<WebNodeFixture>
{
    private static readonly string[] Routes =
    [
        "POST /v1/_batch",
        "GET /v1", "HEAD /v1", "GET /v1/_positions/{position}", "HEAD /v1/_positions/{position}", "GET /v1/{collection}", "HEAD /v1/{collection}",
        "GET /v1/_changes", "HEAD /v1/_changes", "GET /v1/{collection}/_changes", "HEAD /v1/{collection}/_changes",
        "GET /v1/{collection}/_indexes", "HEAD /v1/{collection}/_indexes", "GET /v1/{collection}/_indexes/{name}", "HEAD /v1/{collection}/_indexes/{name}",
        "PUT /v1/{collection}/_indexes/{name}", "DELETE /v1/{collection}/_indexes/{name}",
        "POST /v1/{collection}", "GET /v1/{collection}/{id}", "HEAD /v1/{collection}/{id}", "PUT /v1/{collection}/{id}", "DELETE /v1/{collection}/{id}",
        "PATCH /v1/{collection}/{id}",
        "GET /cluster", "HEAD /cluster", "GET /cluster/events", "HEAD /cluster/events", "POST /cluster/transfer", "PUT /cluster/voters/{name}", "DELETE /cluster/voters/{name}", "GET /cluster/backup", "GET /cluster/rolled-back", "HEAD /cluster/rolled-back",
        .. new[] { "live", "ready", "leader", "follower" }.SelectMany(check => new[] { $"GET /health/{check}", $"HEAD /health/{check}", $"OPTIONS /health/{check}" }),
    ];

    private static readonly string[] Everywhere =
        [ReplicaHeaders.NodeName, ReplicaHeaders.Role, ReplicaHeaders.Staleness, ReplicaHeaders.Leader, "Cache-Control"];

    /// <summary>To what Kestrel refuses: nobody knows for which route it was.</summary>
    private static readonly string[] Unread = ["408", "414", "431", "505"];

    [Fact]
    public async Task Every_route_is_described_and_no_other()
    {
        var operations = await Operations();

        Assert.Equal(Routes.Order(StringComparer.Ordinal), operations.Keys.Order(StringComparer.Ordinal));
        var ids = operations.Values.Select(o => o.GetProperty("operationId").GetString()).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[a-z]+[A-Z][A-Za-z]+$", id)); // a verb and a noun: a client's method is named so
        Assert.All(operations.Values, o => Assert.NotEmpty(o.GetProperty("summary").GetString()!));
    }

    [Theory]
    [InlineData("PUT /v1/{collection}/{id}", "collection,id,acks,timeout,Idempotency-Key,Prefer,If-Match,If-None-Match,Content-Encoding")]
    [InlineData("PATCH /v1/{collection}/{id}", "collection,id,acks,timeout,Idempotency-Key,Prefer,If-Match,Content-Encoding")]
    [InlineData("DELETE /v1/{collection}/{id}", "collection,id,acks,timeout,Idempotency-Key,If-Match")]
    [InlineData("GET /v1/{collection}/{id}", "collection,id,consistency,maxStaleness,minPosition,timeout,Cache-Control,If-Match,If-None-Match,Accept-Encoding")]
    [InlineData("GET /v1/{collection}", "collection,limit,cursor,sort,fields,filters,consistency,maxStaleness,minPosition,timeout,Cache-Control,Accept-Encoding")]
    [InlineData("GET /v1/{collection}/_changes", "collection,since,Last-Event-ID,limit,include,wait,Accept")]
    [InlineData("GET /health/follower", "maxStaleness")]
    public async Task Every_parameter_is_named(string route, string parameters)
    {
        var operation = (await Operations())[route];

        Assert.Equal(parameters.Split(','), operation.GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("name").GetString()));
        Assert.All(operation.GetProperty("parameters").EnumerateArray(), p => Assert.NotEmpty(p.GetProperty("description").GetString()!));
    }

    /// <summary>A write that is refused before it is in a log has no position.</summary>
    [Fact]
    public async Task Every_answer_under_v1_has_its_headers()
    {
        var description = await Description.Of(fixture.Node);
        foreach (var (route, operation) in description.Operations.Where(o => o.Key.Contains("/v1", StringComparison.Ordinal)))
        {
            var isRead = route.StartsWith("GET ", StringComparison.Ordinal) || route.StartsWith("HEAD ", StringComparison.Ordinal);
            foreach (var (status, answer) in description.Answers(operation).Where(a => !Unread.Contains(a.Status)))
            {
                var expected = isRead || status[0] == '2' ? Everywhere.Append(ReplicaHeaders.Position) : Everywhere;
                Assert.Empty(expected.Except(description.Headers(answer).Keys).Select(missing => $"{route} {status} {missing}"));
            }
        }
    }

    [Fact]
    public async Task Every_problem_is_under_the_status_that_it_has()
    {
        var operations = await Operations();
        Assert.Equal(
            ["400 invalid-document", "400 invalid-request", "408 invalid-request", "412 precondition-failed", "413 too-large", "415 unsupported-media-type", "422 idempotency-mismatch", "429 overloaded", "500 internal-error", "503 no-leader", "504 acks-incomplete", "504 outcome-unknown", "507 storage-full"],
            Problems(operations["PUT /v1/{collection}/{id}"]));
        Assert.Equal(
            ["400 invalid-request", "404 not-found", "406 not-acceptable", "409 write-lost", "412 precondition-failed", "500 internal-error", "503 damaged-state", "503 no-leader", "503 no-quorum", "504 too-stale"],
            Problems(operations["GET /v1/{collection}/{id}"]));

        static IEnumerable<string> Problems(JsonElement operation) => operation.GetProperty("responses").EnumerateObject()
            .Where(r => r.Value.TryGetProperty("content", out var types) && types.TryGetProperty("application/problem+json", out _))
            .SelectMany(r => r.Value.GetProperty("content").GetProperty("application/problem+json").GetProperty("examples").EnumerateObject().Select(e =>
            {
                Assert.Equal((r.Name, e.Name), (e.Value.GetProperty("value").GetProperty("status").ToString(), e.Value.GetProperty("value").GetProperty("type").GetString()));
                return $"{r.Name} {e.Name}";
            }))
            .Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Credentials_are_optional_and_every_tag_is_explained()
    {
        var document = await Document();

        Assert.Equal(["", "ApiKey", "Bearer"], document.GetProperty("security").EnumerateArray().Select(s => string.Concat(s.EnumerateObject().Select(scheme => scheme.Name))));
        var tags = document.GetProperty("tags").EnumerateArray().ToDictionary(t => t.GetProperty("name").GetString()!, t => t.GetProperty("description").GetString());
        Assert.DoesNotContain(tags.Values, string.IsNullOrEmpty);
        Assert.All((await Operations()).Values, o => Assert.All(o.GetProperty("tags").EnumerateArray(), t => Assert.Contains(t.GetString()!, tags.Keys)));
    }

    [Fact]
    public async Task The_nodes_are_listed_as_servers_and_the_page_shows_it_all()
    {
        var servers = (await Document()).GetProperty("servers").EnumerateArray().Select(s => s.GetProperty("url").GetString());
        Assert.Equal(["/", fixture.Node.Url], servers);

        var page = (await fixture.Node.Get("/swagger/index.html")).Is(200);
        Assert.Contains("swagger-ui", page.Text, StringComparison.Ordinal);
        (await fixture.Node.Get("/swagger")).Is(301);
    }

    /// <summary>A browser that is redirected asks the leader for permission, and every node gives the same.</summary>
    [Fact]
    public async Task Browsers_of_any_origin_may_ask_and_see_the_headers()
    {
        var preflight = await fixture.Node.Send(
            "OPTIONS", "/v1/books/x", ("Origin", "http://localhost:3000"), ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "content-type,if-match"));
        Assert.Equal(204, preflight.Status);
        Assert.Equal(("*", "PUT", "content-type,if-match"), (preflight["Access-Control-Allow-Origin"], preflight["Access-Control-Allow-Methods"], preflight["Access-Control-Allow-Headers"]));

        foreach (var answer in new[] { await Ask("/v1/none/none"), await Ask("/health/live"), await Ask("/nowhere"), await Ask("/swagger/v1/swagger.json") })
        {
            Assert.Equal("*", answer["Access-Control-Allow-Origin"]);
            Assert.All(
                (string[])["Replica-Position", "Replica-Staleness", "ETag", "Location", "Link", "Retry-After"],
                name => Assert.Contains(name, answer["Access-Control-Expose-Headers"]!.Split(',')));
        }

        Task<Answer> Ask(string path) => fixture.Node.Get(path, ("Origin", "http://localhost:3000"));
    }

    private async Task<IReadOnlyDictionary<string, JsonElement>> Operations() => (await Description.Of(fixture.Node)).Operations;

    private async Task<JsonElement> Document() => (await fixture.Node.Get("/swagger/v1/swagger.json")).Is(200).Json;
}
