using System.Net.Http.Headers;
using System.Text;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>What nodes really answer stands in the OpenAPI document: the status, the media type, and every header.</summary>
public class OpenApiTruthTests
{
    /// <summary>HTTP's own, of the connection and of the bytes.</summary>
    private static readonly string[] OfHttp = ["Date", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Keep-Alive"];

    private readonly HashSet<string> _seen = [];
    private readonly HashSet<string> _undeclared = [];
    private Description _description = null!;

    [Theory]
    [InlineData("Redirect")]
    [InlineData("Forward")]
    public async Task Every_answer_and_all_of_its_headers_are_declared(string onFollower)
    {
        await using var cluster = await WebCluster.Start(
            3,
            [
                .. WebCluster.Patient, ("Sessions:Cookie", "true"), ("Writes:OnFollower", onFollower), ("Documents:MaxScan", "100"),
                ("Logging:LogLevel:RestReplicas.Cluster", "Information"), ("Logging:Console:LogLevel:Default", "None"),
            ]);
        var (leader, follower) = (await cluster.Leader(), await cluster.Follower());
        var logs = cluster.Nodes.Select(node => node.Record()).ToList();
        _description = await Description.Of(leader);
        foreach (var node in new[] { leader, follower })
        {
            await Writes(node);
            await node.CatchesUpWith(leader);
            await Reads(node);
            await OfTheCluster(node);
        }

        Assert.Empty(_undeclared);
        string[] expected =
        [
            "GET /v1/{collection}/{id} 304 Last-Modified", "GET /v1/{collection}/{id} 200 Vary", "GET /v1/{collection} 200 Content-Encoding",
            "GET /v1/{collection} 422 Server-Timing", "GET /v1/_changes 400 Vary", "PUT /v1/{collection}/{id} 201 Set-Cookie", "GET /v1/{collection}/{id} 404 Age",
            "PUT /v1/{collection}/{id} 415 Accept-Encoding", "PATCH /v1/{collection}/{id} 415 Accept-Patch", "PATCH /v1/{collection}/{id} 400 Accept-Patch", "PUT /v1/{collection}/{id} 202 Preference-Applied",
            "PUT /v1/{collection}/_indexes/{name} 201 ETag", "GET /v1/_changes 200 X-Accel-Buffering", "PUT /v1/{collection}/{id} 412 Replica-Acks",
            .. onFollower == "Redirect"
                ? (string[])["PUT /v1/{collection}/{id} 307 Location", "POST /cluster/transfer 307 Location", "DELETE /cluster/voters/{name} 307 Location"]
                : ["PUT /v1/{collection}/{id} 201 Via", "DELETE /cluster/voters/{name} 409 Via"],
        ];
        var unseen = expected.Except(_seen).ToList();
        Assert.True(unseen.Count == 0, $"never answered: {string.Join(", ", unseen)}; the nodes say: {string.Concat(logs.Select(log => log.Text))}");
    }

    private async Task Writes(WebNode node)
    {
        var large = $$"""{"title":"{{new string('a', 5000)}}"}""";
        await Ask(node, "PUT", "/v1/books/x", large);
        await Ask(node, "PUT", "/v1/books/x", large, ("If-Match", "\"1.1\""));
        await Ask(node, "PUT", "/v1/books/y", large, ("Prefer", "return=representation"), ("Idempotency-Key", node.Name));
        await Ask(node, "PUT", "/v1/books/y", large, ("Prefer", "return=minimal"), ("Idempotency-Key", node.Name));
        await Ask(node, "PUT", "/v1/books/y", "{}", ("Idempotency-Key", node.Name));
        await Ask(node, "PUT", "/v1/books/z?acks=leader", "{}", ("Prefer", "return=minimal"));
        await Ask(node, "PUT", "/v1/books/z?acks=all", "{}");
        await Ask(node, "PUT", "/v1/books/z", "[");
        await Ask(node, "PUT", "/v1/books/z", $"\"{new string('a', 1 << 20)}\"");
        await Ask(node, "PUT", "/v1/books/_z", "{}");
        await Ask(node, "PUT", "/v1/books/z", "text/plain", "{}");
        await Ask(node, "PUT", "/v1/books/z", "application/json", "{}", ("Content-Encoding", "zstd"));
        await Ask(node, "POST", "/v1/books", "{}");
        await Ask(node, "POST", "/v1/books?acks=leader", "{}");
        await Ask(node, "POST", "/v1/books", "{}", ("If-Match", "*"));
        await Ask(node, "PATCH", "/v1/books/x", "application/merge-patch+json", """{"n":1}""", ("Prefer", "return=representation"));
        await Ask(node, "PATCH", "/v1/books/none", "application/merge-patch+json", "{}");
        await Ask(node, "PATCH", "/v1/books/x", "application/merge-patch+json", "{}", ("If-Match", "\"1.1\""));
        await Ask(node, "PATCH", "/v1/books/x", "application/json-patch+json", """[{"op":"test","path":"/n","value":2}]""");
        await Ask(node, "PATCH", "/v1/books/x", "application/json-patch+json", """[{"op":"replace","path":"","value":2}]""");
        await Ask(node, "PATCH", "/v1/books/x", "{}");
        await Ask(node, "PATCH", "/v1/books/x", "application/merge-patch+json", large, ("Content-Encoding", "gzip"));
        await Ask(node, "PATCH", "/v1/books/x", "application/merge-patch+json", "{}", ("Content-Encoding", "zstd"));
        await Ask(node, "DELETE", "/v1/books/none");
        await Ask(node, "DELETE", "/v1/books/z", "", ("If-Match", "\"1.1\""));
        await Ask(node, "DELETE", "/v1/books/z?acks=leader");
        await Ask(node, "DELETE", "/v1/books/y");
        await Ask(node, "POST", "/v1/_batch", """{"operations":[{"op":"put","collection":"books","id":"b","document":{}}]}""", ("Prefer", "return=minimal"));
        await Ask(node, "POST", "/v1/_batch?acks=leader", """{"operations":[{"op":"post","collection":"books","document":{}}]}""", ("Prefer", "return=minimal"));
        await Ask(node, "POST", "/v1/_batch", """{"operations":[{"op":"check","collection":"books","id":"none","ifMatch":"*"}]}""");
        await Ask(node, "POST", "/v1/_batch", """{"operations":[]}""");
        var many = Enumerable.Repeat("""{"op":"post","collection":"many","document":{}}""", 101); // more than a sort may read
        await Ask(node, "POST", "/v1/_batch", $$"""{"operations":[{{string.Join(',', many)}}]}""");
        await Ask(node, "PUT", "/v1/books/_indexes/by-title", """{"path":"title"}""");
        await Ask(node, "PUT", "/v1/books/_indexes/by-title", """{"path":"title"}""");
        await Ask(node, "PUT", "/v1/books/_indexes/by-title", """{"path":"title"}""", ("If-Match", "*"));
        await Ask(node, "PUT", "/v1/books/_indexes/by-n?acks=leader", """{"path":"n"}""");
        await Ask(node, "DELETE", "/v1/books/_indexes/by-n");
        await Ask(node, "DELETE", "/v1/books/_indexes/none");
        await Ask(node, "DELETE", "/v1/books/_indexes/by-title", "", ("If-Match", "*"));
        await Ask(node, "DELETE", "/v1/books/_indexes/by-title?acks=leader");
    }

    private async Task Reads(WebNode node)
    {
        foreach (var method in new[] { "GET", "HEAD" })
        {
            var found = await Ask(node, method, "/v1/books/x");
            await Ask(node, method, "/v1/books/x", "", ("If-None-Match", found["ETag"]!));
            await Ask(node, method, "/v1/books/x", "", ("Accept-Encoding", "br"), ("Cookie", SessionCookieTests.Cookie(found)));
            await Ask(node, method, "/v1/books/x", "", ("If-None-Match", "x"));
            await Ask(node, method, "/v1/books/x", "", ("If-Match", "\"1.1\""));
            await Ask(node, method, "/v1/books/x", "", ("Accept-Encoding", "identity;q=0, *;q=0"));
            await Ask(node, method, "/v1/books/none");
            await Ask(node, method, "/v1/books/none", "", ("If-Match", "*"));
            await Ask(node, method, "/v1/books/x?consistency=leader");
            await Ask(node, method, "/v1/books/x?consistency=linearizable");
            await Ask(node, method, "/v1/books/x?minPosition=9.999999&timeout=1");
            await Ask(node, method, "/v1/books/x?minPosition=9.999999&timeout=1", "", ("Cache-Control", "only-if-cached"));
            await Ask(node, method, "/v1/books?limit=1");
            await Ask(node, method, "/v1/books", "", ("Accept-Encoding", "gzip"));
            await Ask(node, method, "/v1/books", "", ("Accept-Encoding", "identity;q=0, *;q=0"));
            await Ask(node, method, "/v1/books?limit=0");
            await Ask(node, method, "/v1/many?sort=n");
            await Ask(node, method, "/v1/books/_indexes");
            await Ask(node, method, "/v1/books/_indexes/none");
            await Ask(node, method, "/v1/books/_indexes/by-title?consistency=leader");
            await Ask(node, method, "/v1");
            await Ask(node, method, "/v1?verbose=1");
            await Ask(node, method, $"/v1/_positions/{found["Replica-Position"]}");
            await Ask(node, method, "/v1/_positions/9.999999");
            await Ask(node, method, "/v1/_positions/0.0");
            await Ask(node, method, "/v1/_changes?since=0");
            await Ask(node, method, "/v1/books/_changes?since=0&limit=1");
            await Ask(node, method, "/v1/_changes?since=0&limit=1", "", ("Accept", "text/event-stream"));
            await Ask(node, method, "/v1/_changes?since=x");
            await Ask(node, method, "/v1/_changes", "", ("Accept", "image/png"));
            await Ask(node, method, "/v1/_changes?since=1.999999");
        }
    }

    private async Task OfTheCluster(WebNode node)
    {
        await Ask(node, "GET", "/cluster");
        await Ask(node, "HEAD", "/cluster?verbose=1");
        await Ask(node, "HEAD", "/cluster/events");
        await Ask(node, "GET", "/cluster/backup");
        await Ask(node, "GET", "/cluster/rolled-back");
        await Ask(node, "GET", "/cluster/rolled-back?limit=0");
        await Ask(node, "POST", "/cluster/transfer?to=n9");
        await Ask(node, "POST", "/cluster/transfer?to=-");
        await Ask(node, "PUT", "/cluster/voters/n9");
        await Ask(node, "DELETE", "/cluster/voters/n9");
        foreach (var check in new[] { "live", "ready", "leader", "follower" })
        {
            await Ask(node, "GET", $"/health/{check}");
            await Ask(node, "HEAD", $"/health/{check}");
            await Ask(node, "OPTIONS", $"/health/{check}");
            await Ask(node, "GET", $"/health/{check}?verbose=1");
        }
    }

    private Task<Answer> Ask(WebNode node, string method, string path, string body = "", params (string Name, string Value)[] headers) =>
        Ask(node, method, path, "application/json", body, headers);

    private async Task<Answer> Ask(WebNode node, string method, string path, string type, string body, params (string Name, string Value)[] headers)
    {
        var coding = headers.Where(h => h.Name == "Content-Encoding").Select(h => h.Value).SingleOrDefault();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        if (coding is not null)
        {
            content.Headers.ContentEncoding.Add(coding);
        }

        var others = headers.Where(h => h.Name != "Content-Encoding").ToArray();
        var answer = body.Length == 0 ? await node.Send(method, path, others) : await node.Send(method, path, content, others);
        Compare(_description.Named(method, path), answer);
        return answer;
    }

    private void Compare(string operation, Answer answer)
    {
        var name = $"{operation} {answer.Status}";
        var declared = _description.Answers(_description.Operations[operation]).FirstOrDefault(a => a.Status == $"{answer.Status}").Answer;
        if (declared.ValueKind == default)
        {
            _undeclared.Add($"{name}: {answer.Text}");
            return;
        }

        var type = answer["Content-Type"]?.Split(';')[0];
        if (answer.Bytes.Length > 0 && Description.Contents(declared).All(content => content.Name != type))
        {
            _undeclared.Add($"{name} {type}");
        }

        var headers = answer.Headers.Except(OfHttp, StringComparer.OrdinalIgnoreCase).ToList();
        _seen.UnionWith(headers.Select(header => $"{name} {header}"));
        _undeclared.UnionWith(headers.Except(_description.Headers(declared).Keys, StringComparer.OrdinalIgnoreCase).Select(header => $"{name} {header}"));
    }
}
