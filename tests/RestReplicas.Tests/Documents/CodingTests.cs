using System.IO.Compression;
using System.Text;
using RestReplicas.Documents;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>Compressed answers and compressed bodies; documents are the same with and without.</summary>
public class CodingTests(WebNodeFixture fixture) : IClassFixture<WebNodeFixture>
{
    private static readonly string Large = $$"""{"text":"{{string.Concat(Enumerable.Range(0, 2000).Select(i => $"{i} é😀 "))}}","n":1.10}""";

    private WebNode Node => fixture.Node;

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("GZIP", "gzip")]
    [InlineData("x-gzip", "gzip")]
    [InlineData("br", "br")]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("gzip;q=1.0, br;q=0.5", "gzip")]
    [InlineData("*", "br")]
    [InlineData("*;q=0.5, gzip;q=0.7, identity;q=0", "gzip")]
    [InlineData("br;q=0, *", "gzip")]
    [InlineData("gzip;q=0.001", "gzip")]
    [InlineData("identity, gzip;q=0.5", null)]
    [InlineData("gzip;q=0", null)]
    [InlineData("deflate, zstd", null)]
    [InlineData("identity", null)]
    [InlineData("gzip;q=much", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public async Task An_answer_is_compressed_as_its_client_likes_it_best(string? accepted, string? coding)
    {
        (string, string)[] headers = accepted is null ? [] : [("Accept-Encoding", accepted)];
        var version = (await Node.Put("/v1/coded/x", Large)).Member("version");

        var answer = (await Node.Get("/v1/coded/x", headers)).Is(200);

        Assert.Equal((coding, "Accept-Encoding"), (answer["Content-Encoding"], answer["Vary"]));
        Assert.Equal(coding is null ? $"\"{version}\"" : $"\"{version}-{coding}\"", answer["ETag"]);
        Assert.Equal(Large, Decoded(answer));
        Assert.Equal(coding is null, answer.Bytes.Length == Encoding.UTF8.GetByteCount(Large));

        var head = (await Node.Send("HEAD", "/v1/coded/x", headers)).Is(200);
        foreach (var name in new[] { "Content-Encoding", "Content-Length", "Content-Type", "ETag", "Vary", "Last-Modified" })
        {
            Assert.Equal(answer[name], head[name]);
        }

        // A page is compressed like a document.
        var page = (await Node.Get("/v1/coded", headers)).Is(200);
        Assert.Equal((coding, "Accept-Encoding"), (page["Content-Encoding"], page["Vary"]));
        Assert.Equal((await Node.Get("/v1/coded")).Text, Decoded(page));
        Assert.Equal(coding, (await Node.Send("HEAD", "/v1/coded", headers)).Is(200)["Content-Encoding"]);
    }

    [Fact]
    public async Task What_is_small_is_compressed_only_for_those_who_take_nothing_else()
    {
        await Node.Put("/v1/small/x", "{\"n\":1.10}");

        var answer = await Node.Get("/v1/small/x", ("Accept-Encoding", "gzip, br"));
        Assert.Equal((null, "Accept-Encoding", "{\"n\":1.10}"), (answer["Content-Encoding"], answer["Vary"], answer.Text));
        var insists = (await Node.Get("/v1/small/x", ("Accept-Encoding", "gzip, identity;q=0"))).Is(200);
        Assert.Equal(("gzip", "{\"n\":1.10}"), (insists["Content-Encoding"], Decoded(insists)));
    }

    [Theory]
    [InlineData("identity;q=0")]
    [InlineData("*;q=0")]
    [InlineData("zstd, *;q=0")]
    public async Task Who_takes_nothing_that_there_is_is_told(string accepted)
    {
        await Node.Put("/v1/refused/x", "{}");

        foreach (var url in new[] { "/v1/refused/x", "/v1/refused" })
        {
            var refused = (await Node.Get(url, ("Accept-Encoding", accepted))).IsProblem(406, "not-acceptable");
            Assert.Equal(("Accept-Encoding", "Accept-Encoding"), (refused.Member("parameter"), refused["Vary"]));
        }
    }

    [Fact]
    public async Task A_compressed_documents_tag_names_its_version_wherever_it_is_sent_back()
    {
        await Node.Put("/v1/tags/x", Large);
        var plain = (await Node.Get("/v1/tags/x"))["ETag"]!;
        var coded = (await Node.Get("/v1/tags/x", ("Accept-Encoding", "gzip")))["ETag"]!;
        Assert.NotEqual(plain, coded);

        // The answer names the copy that the client has; one that it could not read it is not given.
        Assert.Equal(coded, (await Node.Get("/v1/tags/x", ("If-None-Match", coded), ("Accept-Encoding", "gzip"))).Is(304)["ETag"]);
        Assert.Equal(plain, (await Node.Get("/v1/tags/x", ("If-None-Match", $"{plain}, {coded}"))).Is(304)["ETag"]);
        Assert.Equal(plain, (await Node.Get("/v1/tags/x", ("If-None-Match", plain), ("Accept-Encoding", "br"))).Is(304)["ETag"]);
        Assert.Equal("Accept-Encoding", (await Node.Get("/v1/tags/x", ("If-None-Match", plain)))["Vary"]);
        Assert.Equal(plain, (await Node.Get("/v1/tags/x", ("If-None-Match", coded))).Is(200)["ETag"]);
        (await Node.Get("/v1/tags/x", ("If-Match", coded))).Is(200);

        (await Node.Put("/v1/tags/x", Large, ("If-Match", coded))).Is(200);
        (await Node.Put("/v1/tags/x", Large, ("If-Match", coded))).IsProblem(412, "precondition-failed");
    }

    [Theory]
    [InlineData(Coding.Gzip, "gzip")]
    [InlineData(Coding.Gzip, "X-GZip")]
    [InlineData(Coding.Brotli, "br")]
    [InlineData(Coding.Identity, "identity")]
    public async Task A_compressed_body_is_stored_as_what_it_stands_for(Coding coding, string name)
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());

        (await Node.Send("PUT", "/v1/bodies/x", Coded(coding, Large, name), key, ("Prefer", "return=representation"))).Is(201);

        Assert.Equal(Large, (await Node.Get("/v1/bodies/x")).Text);
        Assert.Equal("true", (await Node.Put("/v1/bodies/x", Large, key)).Is(201)["Idempotency-Replayed"]);
        (await Node.Send("DELETE", "/v1/bodies/x")).Is(204);
    }

    [Theory]
    [InlineData("deflate")]
    [InlineData("zstd")]
    [InlineData("gzip, gzip")]
    [InlineData("identity, br")]
    [InlineData("gz ip")]
    public async Task A_coding_that_is_not_taken_is_answered_with_those_that_are(string name)
    {
        var answer = (await Node.Send("PUT", "/v1/codings/x", Coded(Coding.Gzip, "{}", name))).IsProblem(415, "unsupported-media-type");

        Assert.Equal("br, gzip", answer["Accept-Encoding"]);
        Assert.Null((await Node.Send("PUT", "/v1/codings/x", new StringContent("{}"))).Is(415)["Accept-Encoding"]);
        (await Node.Get("/v1/codings/x")).Is(404);
    }

    /// <summary>Every end that a transfer may have but the right one, and bytes that no compressor wrote.</summary>
    [Theory]
    [InlineData(Coding.Gzip)]
    [InlineData(Coding.Brotli)]
    public async Task A_broken_body_is_refused_and_says_so(Coding coding)
    {
        var whole = Codings.Encode(coding, Encoding.UTF8.GetBytes("{\"n\":[1,2,3,4,5]}")).ToArray();
        var broken = Enumerable.Range(0, whole.Length).Select(end => whole[..end]).ToList();
        broken.AddRange([[.. "{\"not\":\"compressed\"}"u8], [.. whole, 0], [.. whole, .. whole]]);
        if (coding == Coding.Gzip)
        {
            var altered = whole.ToArray();
            altered[^6] ^= 1; // in the checksum
            broken.Add(altered);
        }

        foreach (var body in broken)
        {
            var problem = (await Node.Send("PUT", "/v1/broken/x", Named(Codings.NameOf(coding), body))).IsProblem(400, "invalid-request");
            Assert.Equal("Content-Encoding", problem.Member("parameter"));
        }

        (await Node.Get("/v1/broken/x")).Is(404);
    }

    [Theory]
    [InlineData(Coding.Gzip)]
    [InlineData(Coding.Brotli)]
    public async Task A_body_that_would_be_too_large_is_not_inflated_to_its_end(Coding coding)
    {
        var bomb = new MemoryStream();
        await using (var coder = Codings.Encode(coding, bomb))
        {
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 100; i++)
            {
                coder.Write(zeros);
            }
        }

        Assert.InRange(bomb.Length, 1, 1 << 20); // of 100 MiB
        (await Node.Send("PUT", "/v1/bombs/x", Named(Codings.NameOf(coding), bomb.ToArray()))).IsProblem(413, "too-large");
    }

    /// <summary>An empty block stands for nothing, however many there are.</summary>
    [Fact]
    public async Task A_body_that_never_becomes_a_document_is_not_read_forever()
    {
        byte[] blocks = [.. new byte[] { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0 }, .. Enumerable.Repeat<byte[]>([0, 0, 0, 0xff, 0xff], 260_000).SelectMany(b => b)];
        var body = new StreamContent(new UnknownLength(blocks));
        body.Headers.ContentType = new("application/json");
        body.Headers.ContentEncoding.Add("gzip");

        (await Node.Send("PUT", "/v1/bombs/x", body)).IsProblem(413, "too-large");
    }

    internal static HttpContent Coded(Coding coding, string json, string? name = null) =>
        Named(name ?? Codings.NameOf(coding), Codings.Encode(coding, Encoding.UTF8.GetBytes(json)).ToArray());

    internal static string Decoded(Answer answer)
    {
        using Stream stream = answer["Content-Encoding"] switch
        {
            "gzip" => new GZipStream(new MemoryStream(answer.Bytes), CompressionMode.Decompress),
            "br" => new BrotliStream(new MemoryStream(answer.Bytes), CompressionMode.Decompress),
            _ => new MemoryStream(answer.Bytes),
        };
        using var text = new MemoryStream();
        stream.CopyTo(text);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static HttpContent Named(string coding, byte[] body)
    {
        var content = WebNode.Json(body);
        Assert.True(content.Headers.TryAddWithoutValidation("Content-Encoding", coding));
        return content;
    }

    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
