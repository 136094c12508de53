using Microsoft.AspNetCore.Http;
using RestReplicas.Documents;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Documents;

public class RequestHeaderTests
{
    private static readonly Position Version = new(new(7), 48213);

    [Fact]
    public void Conditions_of_a_write_are_understood()
    {
        Assert.Null(Condition([], out var none));
        Assert.Null(none);
        Assert.Null(Condition([("If-None-Match", "*")], out var absent));
        Assert.IsType<Condition.Absent>(absent);
        Assert.Null(Condition([("If-Match", "*")], out var present));
        Assert.IsType<Condition.Present>(present);
        Assert.Null(Condition([("If-Match", "\"7.48213\", \"8.1-gzip\"")], out var versions));
        Assert.Equal([Version, new(new(8), 1)], Assert.IsType<Condition.AtVersion>(versions).Versions);
    }

    /// <summary>RFC 9110 §13.1.1: compared strongly; such a tag matches nothing, so the write is refused when it is judged.</summary>
    [Theory]
    [InlineData("W/\"7.48213\"")]
    [InlineData("\"something else\"")]
    [InlineData("\"7.48213-zstd\"")]
    [InlineData("\"7.48213-\"")]
    public void A_tag_that_is_none_of_ours_matches_no_version(string tag)
    {
        Assert.Null(Condition([("If-Match", tag)], out var condition));
        Assert.Empty(Assert.IsType<Condition.AtVersion>(condition).Versions);
    }

    [Theory]
    [InlineData("If-Match", "7.48213")]
    [InlineData("If-Match", "\"7.48213")]
    [InlineData("If-Match", "*, \"7.1\"")]
    [InlineData("If-None-Match", "\"7.48213\"")]
    [InlineData("If-Unmodified-Since", "Sat, 21 Nov 2026 20:00:00 GMT")]
    public void A_condition_that_cannot_be_kept_is_refused(string header, string value)
    {
        var fault = Condition([(header, value)], out _);

        Assert.Equal((400, header), (fault!.Status, fault.Parameter));
    }

    [Fact]
    public void A_write_is_not_both_absent_and_at_a_version()
    {
        Assert.NotNull(Condition([("If-Match", "\"7.1\""), ("If-None-Match", "*")], out _));
    }

    [Theory]
    [InlineData("If-None-Match", "\"7.48213\"", ReadVerdict.NotModified)]
    [InlineData("If-None-Match", "W/\"7.48213\"", ReadVerdict.NotModified)]
    [InlineData("If-None-Match", "\"7.1\", \"7.48213\"", ReadVerdict.NotModified)]
    [InlineData("If-None-Match", "*", ReadVerdict.NotModified)]
    [InlineData("If-None-Match", "\"7.1\"", ReadVerdict.Send)]
    [InlineData("If-None-Match", "7.48213", ReadVerdict.Refuse)]
    [InlineData("If-Match", "\"7.48213\"", ReadVerdict.Send)]
    [InlineData("If-Match", "*", ReadVerdict.Send)]
    [InlineData("If-Match", "\"7.1\"", ReadVerdict.Refuse)]
    public void Conditions_of_a_read_are_judged_by_the_version_found(string header, string value, ReadVerdict verdict)
    {
        var coding = Coding.Identity;
        Assert.Equal(verdict, EntityTags.Judge(Request((header, value)), Version, ref coding, out var problem));
        Assert.Equal(verdict == ReadVerdict.Refuse, problem is not null);
    }

    [Fact]
    public void A_bare_and_a_quoted_key_are_the_same()
    {
        Assert.Equal(Key(("Idempotency-Key", "8e03-x")).Value, Key(("Idempotency-Key", "\"8e03-x\"")).Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("two words")]
    [InlineData("\"half")]
    [InlineData("é")]
    public void A_malformed_key_is_refused(string value)
    {
        Assert.Equal("Idempotency-Key", IdempotencyHeader.Read(Request(("Idempotency-Key", value)), "/v1/c", [], out _)!.Parameter);
    }

    [Fact]
    public void A_key_has_at_most_255_characters()
    {
        Assert.Null(IdempotencyHeader.Read(Request(("Idempotency-Key", new string('k', 255))), "/v1/c", [], out _));
        Assert.NotNull(IdempotencyHeader.Read(Request(("Idempotency-Key", new string('k', 256))), "/v1/c", [], out _));
    }

    [Fact]
    public void Keys_belong_to_the_callers_credentials_and_do_not_show_them()
    {
        var nobodys = Key(("Idempotency-Key", "k"));
        var anns = Key(("Idempotency-Key", "k"), ("Authorization", "Bearer ann-secret"));
        var bens = Key(("Idempotency-Key", "k"), ("X-Api-Key", "ben-secret"));

        Assert.Equal("", nobodys.Owner);
        Assert.Equal(3, new HashSet<string> { nobodys.Owner, anns.Owner, bens.Owner }.Count);
        Assert.DoesNotContain("secret", anns.Owner + bens.Owner, StringComparison.Ordinal);
    }

    [Fact]
    public void The_fingerprint_covers_what_the_request_means_and_not_when_it_wants_its_answer()
    {
        var key = ("Idempotency-Key", "k");
        var one = Key(key).Fingerprint.ToArray();

        Assert.Equal(one, Key(key, ("X-Other", "1")).Fingerprint.ToArray());
        Assert.NotEqual(one, Key(key, ("If-Match", "\"7.1\"")).Fingerprint.ToArray());
        var request = Request(key);
        request.Method = "PUT";
        request.QueryString = new("?acks=all&timeout=1");
        Assert.Equal(one, Read(request, "/v1/c/d", "{}"u8).Fingerprint.ToArray());
        Assert.NotEqual(one, Read(request, "/v1/c/e", "{}"u8).Fingerprint.ToArray());
        Assert.NotEqual(one, Read(request, "/v1/c/d", "{ }"u8).Fingerprint.ToArray());
        request.Method = "POST";
        Assert.NotEqual(one, Read(request, "/v1/c/d", "{}"u8).Fingerprint.ToArray());
    }

    private static Problem? Condition((string, string)[] headers, out Condition? condition) =>
        EntityTags.ReadCondition(Request(headers), out condition);

    private static IdempotencyKey Key(params (string, string)[] headers) => Read(Request(headers), "/v1/c/d", "{}"u8);

    private static IdempotencyKey Read(HttpRequest request, string path, ReadOnlySpan<byte> body)
    {
        Assert.Null(IdempotencyHeader.Read(request, path, body, out var key));
        return key!;
    }

    private static HttpRequest Request(params (string Name, string Value)[] headers)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = "PUT";
        foreach (var (name, value) in headers)
        {
            request.Headers[name] = value;
        }

        return request;
    }
}
