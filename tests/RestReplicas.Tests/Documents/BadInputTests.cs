using System.Text;
using Xunit;

namespace RestReplicas.Tests.Documents;

public class BadInputTests(WebNodeFixture fixture) : IClassFixture<WebNodeFixture>
{
    private WebNode Node => fixture.Node;

    [Theory]
    [InlineData("", "0", "")]
    [InlineData("[1]", "0", "")]
    [InlineData("{\"a\":tru}", "8", "/a")]
    [InlineData("{\"a\":1,\"a\":2}", "7", "/a")]
    [InlineData("{\"a\":[0,{\"b\":\"\\ud800\"}]}", "13", "/a/1/b")]
    public async Task A_body_that_is_no_document_is_refused_with_its_fault(string body, string offset, string path)
    {
        foreach (var (method, url) in new[] { ("PUT", "/v1/bad/x"), ("POST", "/v1/bad") })
        {
            var problem = (await Node.Send(method, url, WebNode.Json(Encoding.UTF8.GetBytes(body)))).IsProblem(400, "invalid-document");
            Assert.Equal((offset, path), (problem.Member("offset"), problem.Member("path")));
        }
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_are_refused_where_they_stand()
    {
        var problem = (await Node.Send("PUT", "/v1/bad/x", WebNode.Json([.. "{\"a\":\""u8, 0xC3, 0x28, .. "\"}"u8]))).IsProblem(400, "invalid-document");

        Assert.Equal(("6", "/a"), (problem.Member("offset"), problem.Member("path")));
    }

    [Fact]
    public async Task A_document_has_at_most_64_levels()
    {
        (await Node.Put("/v1/deep/x", Nested(64))).Is(201);
        (await Node.Put("/v1/deep/x", Nested(65))).IsProblem(400, "invalid-document");

        static string Nested(int levels) => $"{{\"a\":{new string('[', levels - 1)}{new string(']', levels - 1)}}}";
    }

    [Theory]
    [InlineData("/v1/_bad/x", "collection")]
    [InlineData("/v1/9bad/x", "collection")]
    [InlineData("/v1/b.ad/x", "collection")]
    [InlineData("/v1/b%20ad/x", "collection")]
    [InlineData("/v1/b%C3%A9/x", "collection")]
    [InlineData("/v1/bad/_x", "id")]
    [InlineData("/v1/bad/a%20b", "id")]
    [InlineData("/v1/bad/a%2Fb", "id")]
    [InlineData("/v1/bad/x?ack=all", "ack")]
    [InlineData("/v1/bad/x?timeout=abc", "timeout")]
    [InlineData("/v1/bad/x?timeout=5000&timeout=5000", "timeout")]
    [InlineData("/v1/bad/x?acks=most", "acks")]
    [InlineData("/v1/bad/x?consistency=local", "consistency")]
    public async Task A_write_names_what_is_wrong_with_its_request(string url, string parameter)
    {
        Assert.Equal(parameter, (await Node.Put(url, "{}")).IsProblem(400, "invalid-request").Member("parameter"));
    }

    [Theory]
    [InlineData("/v1/bad?limit=0", "limit")]
    [InlineData("/v1/bad?limit=1001", "limit")]
    [InlineData("/v1/bad?cursor=%00", "cursor")]
    [InlineData("/v1/bad?cursor=MS9vdGhlci94", "cursor")]
    [InlineData("/v1/bad?sort=a..b", "sort")]
    [InlineData("/v1/bad?sort=a,-a", "sort")]
    [InlineData("/v1/bad?sort=a,", "sort")]
    [InlineData("/v1/bad?sort=a&sort=b", "sort")]
    [InlineData("/v1/bad?sort=a,b,c,d,e", "sort")]
    [InlineData("/v1/bad?sort=", "sort")]
    [InlineData("/v1/bad?sort=a%00b", "sort")]
    [InlineData("/v1/bad?sort=a%5C", "sort")]
    [InlineData("/v1/bad?fields=a%5Bb", "fields")]
    [InlineData("/v1/bad?fields=,", "fields")]
    [InlineData("/v1/bad?total%5Bgte%5D=", "total[gte]")]
    [InlineData("/v1/bad?total[gte]=1&total[gte]=2", "total[gte]")]
    [InlineData("/v1/bad?total[=1", "total[")]
    [InlineData("/v1/bad?total]=1", "total]")]
    [InlineData("/v1/bad?total[GTE]=1", "total[GTE]")]
    [InlineData("/v1/bad?total[gte][lt]=1", "total[gte][lt]")]
    [InlineData("/v1/bad?total[like]=1%25", "total[like]")]
    [InlineData("/v1/bad?[eq]=1", "[eq]")]
    [InlineData("/v1/bad?=1", "")]
    [InlineData("/v1/bad?.a=1", ".a")]
    [InlineData("/v1/bad?a%0Ab=1", "a\nb")]
    [InlineData("/v1/bad?a=%22open", "a")]
    [InlineData("/v1/bad?a=%22%5Cud800%22", "a")]
    [InlineData("/v1/bad?a[in]=1,,2", "a[in]")]
    [InlineData("/v1/bad?a[in]=%22x%22y", "a[in]")]
    [InlineData("/v1/bad?a[exists]=yes", "a[exists]")]
    [InlineData("/v1/bad?Limit=5", "Limit")]
    [InlineData("/v1/bad?acks=all", "acks")]
    [InlineData("/v1/bad?consistancy=linearizable", "consistancy")]
    [InlineData("/v1/bad/x?consistency=strong", "consistency")]
    [InlineData("/v1/bad/x?maxStaleness=soon", "maxStaleness")]
    [InlineData("/v1/bad/x?minPosition=latest", "minPosition")]
    [InlineData("/v1/bad/x?minPosition=0.5", "minPosition")]
    [InlineData("/v1/bad/x?minPosition=5.0", "minPosition")]
    [InlineData("/v1/bad?s=%FF", "query")]
    [InlineData("/v1/bad?s=%C3", "query")]
    [InlineData("/v1/bad/x?acks=all", "acks")]
    [InlineData("/v1?limit=1", "limit")]
    [InlineData("/v1/_positions/x", "position")]
    [InlineData("/v1/_positions/1.0", "position")]
    [InlineData("/v1/_positions/1.1?wait=1", "wait")]
    [InlineData("/cluster?verbose=1", "verbose")]
    [InlineData("/cluster/rolled-back?limit=x", "limit")]
    [InlineData("/health/live?x=1", "x")]
    [InlineData("/health/leader?x=1", "x")]
    [InlineData("/health/follower?maxStaleness=x", "maxStaleness")]
    public async Task A_read_names_what_is_wrong_with_its_request(string url, string parameter)
    {
        Assert.Equal(parameter, (await Node.Get(url)).IsProblem(400, "invalid-request").Member("parameter"));
    }

    [Theory]
    [InlineData("If-Match", "1.1", "If-Match")]
    [InlineData("If-None-Match", "\"1.1\"", "If-None-Match")]
    [InlineData("If-Unmodified-Since", "Sat, 21 Nov 2026 20:00:00 GMT", "If-Unmodified-Since")]
    [InlineData("Idempotency-Key", "two words", "Idempotency-Key")]
    public async Task A_header_that_cannot_be_kept_is_refused(string name, string value, string parameter)
    {
        Assert.Equal(parameter, (await Node.Put("/v1/bad/x", "{}", (name, value))).IsProblem(400, "invalid-request").Member("parameter"));
    }

    [Theory]
    [InlineData("If-Match", "*")]
    [InlineData("If-None-Match", "*")]
    [InlineData("Idempotency-Key", "k")]
    public async Task An_early_answer_goes_with_neither_condition_nor_key(string name, string value)
    {
        Assert.Equal("acks", (await Node.Put("/v1/bad/x?acks=leader", "{}", (name, value))).IsProblem(400, "invalid-request").Member("parameter"));
    }

    [Fact]
    public async Task A_part_of_a_document_is_not_taken_for_the_whole()
    {
        var part = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
        part.Headers.TryAddWithoutValidation("Content-Range", "bytes 0-1/20");
        Assert.Equal("Content-Range", (await Node.Send("PUT", "/v1/bad/x", part)).IsProblem(400, "invalid-request").Member("parameter"));
    }

    [Fact]
    public async Task A_new_document_has_no_version_to_compare()
    {
        foreach (var header in new[] { "If-Match", "If-None-Match" })
        {
            Assert.Equal(header, (await Node.Post("/v1/bad", "{}", (header, "*"))).IsProblem(400, "invalid-request").Member("parameter"));
            Assert.Equal(header, (await Node.Put("/v1/bad/_indexes/i", """{"path":"a"}""", (header, "*"))).IsProblem(400, "invalid-request").Member("parameter"));
        }
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("text/plain", null)]
    [InlineData("application/x-www-form-urlencoded", null)]
    [InlineData("application/merge-patch+json", null)]
    [InlineData("application/json; charset=iso-8859-1", null)]
    [InlineData("application/json", "zstd")]
    public async Task Only_plain_JSON_is_taken(string? type, string? encoding)
    {
        var body = new ByteArrayContent("{}"u8.ToArray());
        if (type is not null)
        {
            body.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        if (encoding is not null)
        {
            body.Headers.ContentEncoding.Add(encoding);
        }

        (await Node.Send("PUT", "/v1/bad/x", body)).IsProblem(415, "unsupported-media-type");
    }

    [Fact]
    public async Task A_charset_that_JSON_has_anyway_is_fine()
    {
        var body = new ByteArrayContent("{}"u8.ToArray());
        body.Headers.TryAddWithoutValidation("Content-Type", "Application/JSON; charset=\"UTF-8\"");

        (await Node.Send("PUT", "/v1/charset/x", body)).Is(201);
    }

    [Theory]
    [InlineData("GET", "/", 404)]
    [InlineData("GET", "/v2", 404)]
    [InlineData("GET", "/v1/a/b/c", 404)]
    [InlineData("GET", "/peer/status", 404)]
    [InlineData("POST", "/peer/append", 404)]
    [InlineData("PATCH", "/v1/bad", 405)]
    [InlineData("DELETE", "/v1/bad", 405)]
    [InlineData("POST", "/v1", 405)]
    [InlineData("PUT", "/v1/_positions/1.1", 405)]
    [InlineData("POST", "/cluster", 405)]
    [InlineData("DELETE", "/health/live", 405)]
    public async Task What_is_not_there_is_a_problem_too(string method, string url, int status)
    {
        var answer = await Node.Send(method, url);

        answer.IsProblem(status, status switch { 404 => "not-found", 405 => "method-not-allowed", _ => "invalid-request" });
        Assert.Equal(status == 405, answer["Allow"] is not null);
    }

    [Fact]
    public async Task A_method_that_a_route_does_not_take_is_a_problem_with_those_that_it_takes()
    {
        Assert.Contains("POST", (await Node.Send("DELETE", "/v1/bad")).IsProblem(405, "method-not-allowed")["Allow"]!.Split(", "));
    }

    [Theory]
    [InlineData("DELETE", "/v1/_batch", "POST")]
    [InlineData("GET", "/v1/_batch", "POST")]
    [InlineData("POST", "/v1/_changes", "GET, HEAD")]
    [InlineData("PUT", "/v1/bad/_changes", "GET, HEAD")]
    [InlineData("DELETE", "/v1/_positions/1.1", "GET, HEAD")]
    [InlineData("POST", "/v1/bad/_indexes", "GET, HEAD")]
    [InlineData("PATCH", "/v1/bad/_indexes", "GET, HEAD")]
    public async Task The_services_own_words_are_no_names_of_documents(string method, string url, string allowed)
    {
        Assert.Equal(allowed, (await Node.Send(method, url)).IsProblem(405, "method-not-allowed")["Allow"]);
        Assert.Equal($"{allowed}, OPTIONS", (await Node.Send("OPTIONS", url)).Is(204)["Allow"]);
    }

    [Theory]
    [InlineData("POST", "/cluster/transfer")]
    [InlineData("PUT", "/cluster/voters/n1")]
    public async Task A_body_that_nobody_reads_is_refused(string method, string url)
    {
        (await Node.Send(method, url, new StringContent("""{"to":"n2"}"""))).IsProblem(400, "invalid-request");
    }

    [Fact]
    public async Task A_change_of_members_that_makes_no_sense_is_refused()
    {
        (await Node.Send("DELETE", "/cluster/voters/n1")).IsProblem(409, "refused");
        (await Node.Send("PUT", "/cluster/voters/n9")).IsProblem(409, "refused");
        (await Node.Send("POST", "/cluster/transfer?to=n9")).IsProblem(409, "refused");
    }

    /// <summary>One spelling for one position, so that equal ones look equal.</summary>
    [Theory]
    [InlineData("1")]
    [InlineData("1.")]
    [InlineData(".1")]
    [InlineData("1.1.1")]
    [InlineData("-1.1")]
    [InlineData("+1.1")]
    [InlineData("01.1")]
    [InlineData("1.01")]
    [InlineData("1.1%20")]
    [InlineData("%091.1")]
    [InlineData("1.1%00")]
    [InlineData("1%2E1e0")]
    [InlineData("0x1.1")]
    [InlineData("%D9%A1.%D9%A1")]
    [InlineData("99999999999999999999.1")]
    [InlineData("1.99999999999999999999")]
    [InlineData("1.1&minPosition=1.1")]
    [InlineData("")]
    public async Task A_position_that_nobody_was_given_is_refused(string position)
    {
        Assert.Equal("minPosition", (await Node.Get($"/v1/bad/x?minPosition={position}")).IsProblem(400, "invalid-request").Member("parameter"));
        if (position is not ("" or "1.1&minPosition=1.1" or "1.1%00"))
        {
            Assert.Equal("position", (await Node.Get($"/v1/_positions/{position}")).IsProblem(400, "invalid-request").Member("parameter"));
        }
    }

    [Fact]
    public async Task Every_error_under_v1_says_who_answered()
    {
        foreach (var answer in new[]
        {
            await Node.Get("/v1/none/none"), await Node.Get("/v1/a/b/c"), await Node.Put("/v1/bad/x", "["), await Node.Send("PATCH", "/v1/bad/x"),
            await Node.Get("/v1/bad?x[is]=1"),
        })
        {
            Assert.Equal(("n1", "leader", Node.Url), (answer["Replica-Node"], answer["Replica-Role"], answer["Replica-Leader"]));
            Assert.NotNull(answer["Replica-Staleness"]);
            Assert.Equal(Node.Url, answer.Member("leader"));
        }

        // What was refused has no position, and must not seem to have one.
        Assert.Null((await Node.Put("/v1/bad/x", "["))["Replica-Position"]);
        Assert.NotNull((await Node.Get("/v1/none/none"))["Replica-Position"]);
    }

    [Fact]
    public async Task What_a_route_takes_is_told_to_who_asks()
    {
        foreach (var (url, methods) in new[] { ("/v1/books/x", "PUT"), ("/v1/books", "POST"), ("/v1", "GET"), ("/cluster/transfer", "POST") })
        {
            var answer = (await Node.Send("OPTIONS", url)).Is(204);
            Assert.Contains(methods, answer["Allow"]!.Split(", "));
            Assert.Contains("OPTIONS", answer["Allow"]!.Split(", "));
            Assert.Empty(answer.Bytes);
        }

        (await Node.Send("OPTIONS", "/nowhere")).IsProblem(404, "not-found");
    }

    /// <summary>There is nothing else to choose from, and RFC 9110 §12.4.1 leaves it to the server.</summary>
    [Fact]
    public async Task Answers_are_JSON_whatever_Accept_says()
    {
        Assert.Equal("application/json", (await Node.Get("/v1/accepts", ("Accept", "text/html"))).Is(200)["Content-Type"]);
        (await Node.Get("/v1/accepts/x", ("Accept", "text/html, */*;q=0"))).IsProblem(404, "not-found");
    }
}
