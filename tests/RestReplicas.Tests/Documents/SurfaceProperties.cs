using System.Net.Http.Headers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>What holds for every request, however wrong, on every route; tried on many that are put together at random.</summary>
public sealed class SurfaceProperties : IAsyncLifetime
{
    private const int Tried = 2000;

    private static readonly string[] Odd =
    [
        "", "%00", "x%00", "%2F", "a%2Fb", "..", "%2e%2e", ".", "%c0%af", "%c3%28", "%ed%a0%80", "%ed%b0%80", "%ff", "%", "%zz", "%u0041", "%20", "+", "%C3%A9",
        "_", "_x", "*", "0", "-1", "+1", "1.1", "1.0e1", "01.1", "1.", ".1", "1.1.1", "1.1%00", "7.48213", "9.999999999", "99999999999999999999.1", "1.9223372036854775807",
        "9223372036854775807", "9223372036854775808", "NaN", "null", "true", "local", "leader", "linearizable", "majority", "all", "n1", "n2", "transfer", "voters",
        "x'%20OR%20'1'='1", "';DROP%20TABLE%20documents;--", "\"", "{}", "[eq]", "a[in]", "a.b.c", "$.a", "a%5B0%5D", "%0d%0aX:%20y", "%D9%A1.%D9%A1", "%F0%9F%98%80",
        "MS9ib29rcy9lZGRh", "AAAA", "----", "====", new('x', 200), new('9', 400), new('.', 3000), string.Concat(Enumerable.Repeat("%2e", 1000)),
    ];

    private static readonly Gen<string> Segment = Gen.OneOf(
        Gen.Elements(Odd), Gen.Elements("books", "edda", "_positions", "_indexes", "_batch", "x", "live", "follower"), ArbMap.Default.GeneratorFor<string>().Select(Percent));

    /// <summary>Most requests reach a route: what is wrong is then something else.</summary>
    private static readonly Gen<string> Path = Gen.Frequency(
        (6, Gen.Elements("/v1/books/edda", "/v1/books/edda", "/v1/books/new", "/v1/books", "/v1/_positions/1.2", "/v1/_changes", "/v1/books/_changes", "/v1/_batch")),
        (1, Gen.Elements("/", "/v1", "/v1/", "/v1//", "/cluster", "/cluster/transfer", "/cluster/rolled-back", "/health/live", "/health/follower", "/swagger/v1/swagger.json", "/peer/append")),
        (2, from one in Segment from root in Gen.Elements("/", "/v1/", "/v1/books/", "/v1/_positions/", "/cluster/", "/cluster/voters/", "/health/", "/peer/", "/swagger/") select root + one),
        (1, from one in Segment from two in Segment select $"/v1/{one}/{two}"),
        (1, from one in Segment from two in Segment from three in Segment select $"/v1/{one}/{two}/{three}"));

    private static readonly Gen<string> Parameter = Gen.Frequency(
        (1, Gen.Elements("acks=all", "acks=leader", "timeout=1000", "consistency=leader", "maxStaleness=1000", "minPosition=1.1", "limit=1", "sort=title", "fields=title", "title=Edda", "since=0", "wait=0")),
        (1, from name in Gen.OneOf(
                Gen.Elements("consistency", "maxStaleness", "minPosition", "timeout", "limit", "cursor", "acks", "sort", "fields", "to", "name", "total[gte]", "LIMIT", "since", "wait", "include"),
                Gen.Elements(Odd))
            from value in Segment
            from shape in Gen.Choose(0, 9)
            select shape switch { 0 => name, 1 => $"{name}={value}&{name}={value}", _ => $"{name}={value}" }));

    private static readonly Gen<(string Name, string Value)> Header =
        from name in Gen.Elements(
            "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Idempotency-Key", "Prefer", "Cache-Control", "Accept", "Accept-Encoding", "Cookie",
            "X-Forwarded-Proto", "X-Forwarded-For", "Replica-Forwarded-By", "Range", "Authorization", "X-Api-Key", "Origin", "Last-Event-ID", "X-HTTP-Method-Override", "Content-Encoding", "Content-Type")
        from value in Gen.OneOf(
            Gen.Elements([.. Odd, "é", "\u00ff\u0080", "\t x"]),
            Gen.Elements(
                "*", "k", "\"1.2\"", "\"1.1\"", "W/\"1.1\"", "\"1.1-gzip\"", "\"1.1\", *", "\"1.1", "max-age=0", "max-age=-1", "max-age=x, only-if-cached", "only-if-cached", "return=representation", "return=x;;,",
                "gzip", "br;q=2", "gzip;q=0, identity;q=0", ";;;,,,", "application/json", "application/json; charset=utf-16", "text/plain", "bytes=0-1", "http://evil.example", "a=b; replica-position=1.1.x"))
        select (name, value);

    private static readonly Gen<byte[]?> Body = Gen.OneOf(
        Gen.Elements<byte[]?>("{}"u8.ToArray(), "{\"title\":\"Edda\",\"n\":1}"u8.ToArray(), "[{\"op\":\"add\",\"path\":\"/n\",\"value\":2}]"u8.ToArray()),
        Gen.Elements<byte[]?>(
            null, [], "{}"u8.ToArray(), "{\"a\":1}"u8.ToArray(), "[]"u8.ToArray(), "null"u8.ToArray(), "{\"a\":1,\"a\":2}"u8.ToArray(), "{\"a\":"u8.ToArray(), [.. "{\"a\":\""u8, 0xed, 0xa0, 0x80, .. "\"}"u8],
            [0xff, 0xfe, 0x7b, 0], [0x1f, 0x8b, 8], "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1}]"u8.ToArray(), "[{\"op\":\"move\",\"from\":\"/~2\",\"path\":\"\"}]"u8.ToArray(),
            "{\"operations\":[{\"put\":{}}]}"u8.ToArray(), Encoding.UTF8.GetBytes(new string('[', 5000)), Encoding.UTF8.GetBytes($"{{\"x\":\"{new string('x', 2000)}\"}}")),
        ArbMap.Default.GeneratorFor<byte[]?>());

    private static readonly Gen<Request> Requests =
        from method in Gen.Elements("GET", "GET", "GET", "HEAD", "PUT", "PUT", "PUT", "POST", "POST", "DELETE", "PATCH", "PATCH", "OPTIONS", "TRACE", "PURGE")
        from path in Path
        from many in Gen.Elements(0, 0, 0, 1, 1, 2, 3)
        from query in Parameter.ArrayOf(many)
        from few in Gen.Elements(0, 0, 1, 1, 2)
        from headers in Header.ArrayOf(few)
        from body in Body
        from type in Gen.Elements(null, "application/json", "application/json", "application/json", "application/merge-patch+json", "application/json-patch+json", "text/plain")
        select new Request(method, query.Length == 0 ? path : $"{path}?{string.Join('&', query)}", headers, body, type);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restreplicas-");
    private HttpClient _http = null!;
    private WebNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await WebNode.StartAlone(
            _directory.FullName, ("Reads:TimeLimit", "00:00:00.020"), ("Writes:TimeLimit", "00:00:20"), ("Sessions:Cookie", "true"), ("Reads:CompressFrom", "0"));
        _http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        })
        {
            Timeout = TimeSpan.FromSeconds(60),
        };
        await _node.Put("/v1/books/edda", "{\"title\":\"Edda\"}");
    }

    [Fact]
    public void No_request_is_a_bug_every_refusal_says_why_and_what_is_refused_changes_nothing() =>
        Prop.ForAll(Requests.ToArbitrary(), request => Try(request).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(Tried));

    private async Task<Property> Try(Request request)
    {
        var before = await _node.Until(status => status.Applied == status.View.Last); // an early answer (acks=leader) comes before its write
        var answer = await Send(request);
        var after = _node.Node.Status;

        var position = answer.Status >= 400 && request.Method != "HEAD" ? answer.Member("position") : null;
        var reads = request.Method is "GET" or "HEAD" or "OPTIONS" or "TRACE";
        return new[]
        {
            (answer.Status is not (500 or 501 or 502), "a bug"),
            (answer.Status is < 400 || IsProblem(answer, request.Method), "not a problem"),
            ((!reads && (answer.Status < 400 || position is not null)) || before.Applied == after.Applied, "something was written"),
            ((!reads && (answer.Status < 400 || request.HasKey)) || before.Digest.Digest == after.Digest.Digest, "something has changed"),
        }
        .Aggregate(true.ToProperty(), (all, one) => all.And(one.Item1.Label($"{one.Item2}: {answer.Status} to {request}: {answer.Text}")));
    }

    private static bool IsProblem(Answer answer, string method) =>
        answer["Content-Type"] == "application/problem+json"
        && (method == "HEAD" || (answer.Member("type") is not null && answer.Member("title") is not null && answer.Member("detail") is not null
            && answer.Member("outcome") is "none" or "committed" or "unknown" && answer.Member("status") == $"{answer.Status}"));

    private async Task<Answer> Send(Request request)
    {
        using var message = new HttpRequestMessage(
            new(request.Method), new Uri(_node.Url + request.Target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (request.Body is not null && request.Method is not ("TRACE" or "GET" or "HEAD"))
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.ContentType = request.Type is null ? null : new MediaTypeHeaderValue(request.Type);
        }

        foreach (var (name, value) in request.Headers)
        {
            _ = message.Headers.TryAddWithoutValidation(name, value) || message.Content?.Headers.TryAddWithoutValidation(name, value) == true;
        }

        using var response = await _http.SendAsync(message);
        return new(response, await response.Content.ReadAsByteArrayAsync());
    }

    /// <summary>What a URL takes of any text.</summary>
    private static string Percent(string? text) =>
        string.Concat(Encoding.UTF8.GetBytes(text ?? "").Select(b => b is > 0x20 and < 0x7f and not (byte)'?' and not (byte)'#' ? $"{(char)b}" : $"%{b:x2}"));

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _node.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private sealed record Request(string Method, string Target, (string Name, string Value)[] Headers, byte[]? Body, string? Type)
    {
        public bool HasKey => Headers.Any(header => header.Name == "Idempotency-Key");

        public override string ToString() =>
            $"{Method} {Target} [{string.Join(" | ", Headers.Select(h => $"{h.Name}: {h.Value}"))}] {(Body is null ? "" : Convert.ToHexString(Body.AsSpan(0, Math.Min(Body.Length, 50))))} {Type}";
    }
}
