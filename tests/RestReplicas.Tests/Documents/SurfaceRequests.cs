using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace RestReplicas.Tests.Documents;

/// <summary>A request that was put together at random.</summary>
internal sealed record SurfaceRequest(string Method, string Target, (string Name, string Value)[] Headers, byte[]? Body, string? Type)
{
    public bool HasKey => Headers.Any(header => header.Name == "Idempotency-Key");

    /// <summary>However it is spelt.</summary>
    public string Path => Uri.UnescapeDataString(Target.Split('?')[0]);

    /// <summary>What of the surface it asks for.</summary>
    public string Route => $"{Method} {(Target.Contains("/_indexes", StringComparison.Ordinal) ? "index" : Target.StartsWith("/v1/_batch", StringComparison.Ordinal) ? "batch" : "other")}";

    public SurfaceRequest With(string key) => this with { Headers = [.. Headers, ("Idempotency-Key", key)] };

    public override string ToString() =>
        $"{Method} {Target} [{string.Join(" | ", Headers.Select(h => $"{h.Name}: {h.Value}"))}] {(Body is null ? "" : Convert.ToHexString(Body.AsSpan(0, Math.Min(Body.Length, 50))))} {Type}";
}

/// <summary>Requests for every route, from well formed to nonsense.</summary>
internal static class SurfaceRequests
{
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

    private static readonly Gen<SurfaceRequest> Any =
        from method in Gen.Elements("GET", "GET", "GET", "HEAD", "PUT", "PUT", "PUT", "POST", "POST", "DELETE", "PATCH", "PATCH", "OPTIONS", "TRACE", "PURGE")
        from path in Path
        from many in Gen.Elements(0, 0, 0, 1, 1, 2, 3)
        from query in Parameter.ArrayOf(many)
        from few in Gen.Elements(0, 0, 1, 1, 2)
        from headers in Header.ArrayOf(few)
        from body in Body
        from type in Gen.Elements(null, "application/json", "application/json", "application/json", "application/merge-patch+json", "application/json-patch+json", "text/plain")
        select new SurfaceRequest(method, query.Length == 0 ? path : $"{path}?{string.Join('&', query)}", headers, body, type);

    private static readonly Gen<string> IndexTarget =
        from collection in Gen.Frequency((8, Gen.Elements("books", "loans")), (1, Segment))
        from name in Gen.Frequency(
            (5, Gen.Elements("/by-title", "/by-title", "/by%2Dtitle", "/by-n", "")),
            (1, Gen.Choose(0, 20).Select(n => $"/i{n}")),
            (1, Gen.Elements(new string('i', 64), new string('i', 65), "x';DROP%20TABLE%20indexes;--", "x/y").Select(odd => $"/{odd}")),
            (1, Segment.Select(odd => $"/{odd}")))
        select $"/v1/{collection}/_indexes{name}";

    private static readonly Gen<byte[]?> IndexBody = Gen.Frequency(
            (4, Gen.Elements("title", "title", "n", "a.b", "a.0.b", @"a\.b", "a') FROM documents; DROP TABLE documents; --").Select(path => Json(new { path }))),
            (1, Gen.OneOf(
                Gen.Elements("", ".", "a..b", "a.", @"a\", "a[0]", "a\0b", new('p', 256), new('p', 257), string.Join('.', Enumerable.Repeat("a", 128)), string.Join('.', Enumerable.Repeat("a", 5000))),
                ArbMap.Default.GeneratorFor<string>()).Select(path => Json(new { path }))),
            (1, Gen.Elements(
                "{}", "[]", "\"title\"", "{\"path\":", "{\"path\":1}", "{\"path\":null}", "{\"path\":[\"a\"]}", "{\"path\":{\"path\":\"a\"}}", "{\"Path\":\"a\"}", "{\"path\":\"a\",\"path\":\"b\"}",
                "{\"path\":\"a\",\"unique\":true}", "{\"path\":\"\\ud800\"}", $"{{\"path\":{new string('[', 2000)}{new string(']', 2000)}}}")))
        .Select(text => (byte[]?)Encoding.UTF8.GetBytes(text));

    private static readonly Gen<SurfaceRequest> OnIndexes =
        from method in Gen.Elements("PUT", "PUT", "PUT", "DELETE", "GET", "HEAD")
        from target in IndexTarget
        from query in Gen.Frequency((6, Gen.Constant("")), (1, Parameter.Select(one => $"?{one}")))
        from few in Gen.Elements(0, 0, 0, 1)
        from headers in Header.ArrayOf(few)
        from body in IndexBody
        select new SurfaceRequest(method, target + query, headers, body, "application/json");

    /// <summary>Their document's name comes in where the @ is.</summary>
    private static readonly Gen<string> Operation = Gen.Frequency(
        (12, Gen.Elements(
            """{"op":"put",@,"document":{"title":"Edda","n":1}}""", """{"op":"put",@,"document":{"n":1},"ifMatch":"*"}""", """{"op":"put",@,"document":{"n":1},"ifNoneMatch":"*"}""",
            """{"op":"post","collection":"books","document":{"n":1}}""", """{"op":"patch",@,"patch":{"n":2,"title":null}}""", """{"op":"patch",@,"patch":[{"op":"add","path":"/n","value":3}]}""",
            """{"op":"patch",@,"patch":[{"op":"test","path":"/n","value":1}],"ifMatch":"*"}""", """{"op":"delete",@}""", """{"op":"check",@,"ifMatch":"*"}""", """{"op":"check",@,"ifNoneMatch":"*"}""")),
        (1, Gen.Elements(
            """{"op":"check",@,"ifMatch":"1.1"}""", """{"op":"check",@}""", """{"op":"put",@}""", """{"op":"put",@,"document":{},"ifmatch":"*"}""", """{"op":"put",@,"document":{"n":1,"n":2}}""",
            """{"op":"drop",@}""", """{"op":"patch",@,"patch":1}""", """{"op":"delete","collection":"_x","id":"';--"}""", "null")));

    private static readonly Gen<SurfaceRequest> Batch =
        from many in Gen.Choose(0, 4)
        from operations in Operation.ArrayOf(many)
        from first in Gen.Choose(0, 5)
        select new SurfaceRequest("POST", "/v1/_batch", [], Encoding.UTF8.GetBytes($"{{\"operations\":[{string.Join(',', operations.Select((o, i) => Named(o, first + i)))}]}}"), "application/json");

    private static readonly Gen<SurfaceRequest> OnDocuments =
        from method in Gen.Elements("PUT", "PUT", "POST", "DELETE", "PATCH")
        from id in Gen.Elements("edda", "new")
        from headers in Gen.Elements<(string, string)[]>([], [], [("If-Match", "*")], [("If-Match", "\"1.1\"")])
        from n in Gen.Choose(1, 3)
        select new SurfaceRequest(
            method, method == "POST" ? "/v1/books" : $"/v1/books/{id}", headers, Encoding.UTF8.GetBytes($$"""{"n":{{n}}}"""), method == "PATCH" ? "application/merge-patch+json" : "application/json");

    public static readonly Gen<SurfaceRequest> Writes = Gen.OneOf(OnDocuments, OnIndexes.Where(request => request.Method is "PUT" or "DELETE" && request.Headers.Length == 0), Batch);

    public static readonly Gen<SurfaceRequest> All = Gen.Frequency((4, Any), (1, OnIndexes), (1, Batch));

    private static string Named(string operation, int number) =>
        operation.Replace("@", $"\"collection\":\"{(number % 2 == 0 ? "books" : "loans")}\",\"id\":\"{(number < 2 ? "edda" : $"d{number}")}\"", StringComparison.Ordinal);

    private static string Json(object body) => JsonSerializer.Serialize(body);

    /// <summary>What a URL takes of any text.</summary>
    private static string Percent(string? text) =>
        string.Concat(Encoding.UTF8.GetBytes(text ?? "").Select(b => b is > 0x20 and < 0x7f and not (byte)'?' and not (byte)'#' ? $"{(char)b}" : $"%{b:x2}"));
}
