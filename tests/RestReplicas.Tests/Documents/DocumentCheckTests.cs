using System.Text;
using RestReplicas.Documents;
using Xunit;

namespace RestReplicas.Tests.Documents;

public class DocumentCheckTests
{
    private const int MaxDepth = 64;

    [Theory]
    [InlineData("{}")]
    [InlineData(" \r\n\t{ \"a\" : [ ] } \n")]
    [InlineData("""{"n":1e400,"m":1.10,"z":-0,"l":123456789012345678901234567890.0000,"e":1E-999}""")]
    [InlineData("""{"u":"\u0041\u00e9\ud83d\ude00\u0000","raw":"é😀","s":"\/"}""")]
    [InlineData("""{"a":{"k":1},"b":{"k":1},"c":[{"k":1},{"k":1}],"A":1}""")]
    [InlineData("""{"":1," ":2}""")]
    public void A_JSON_object_is_a_document_however_it_is_written(string body)
    {
        Assert.Null(Fault(body));
    }

    [Theory]
    [InlineData("", 0, "")]
    [InlineData("   ", 3, "")]
    [InlineData("[]", 0, "")]
    [InlineData("null", 0, "")]
    [InlineData("  \"text\"", 2, "")]
    [InlineData("{", 1, "")]
    [InlineData("{\"a\":1,}", 7, "/a")]
    [InlineData("{\"a\":1} x", 8, "")]
    [InlineData("{\"a\":{\"b\":[1,tru]}}", 16, "/a/b/0")]
    [InlineData("{\"a\":\n  {\"b\":\n    01}}", 19, "/a/b")]
    [InlineData("{'a':1}", 1, "")]
    [InlineData("{\"a\":1e}", 7, "/a")]
    [InlineData("{\"a\":NaN}", 5, "/a")]
    [InlineData("{\"a\":\"x\ny\"}", 7, "/a")]
    [InlineData("{/**/}", 1, "")]
    [InlineData("{\"a\":1,\"a\":2}", 7, "/a")]
    [InlineData("{\"x\":[0,{\"~k/\":1,\"\\u007ek/\":2}]}", 17, "/x/1/~0k~1")]
    [InlineData("{\"a\":[1,\"\\ud83d\"]}", 8, "/a/1")]
    [InlineData("{\"\\ude00\":1}", 1, "")]
    public void What_is_no_document_is_refused_with_the_byte_and_the_path_at_fault(string body, long offset, string path)
    {
        var fault = Fault(body);

        Assert.NotNull(fault);
        Assert.Equal((offset, path), (fault.Offset, fault.Path));
        Assert.EndsWith(".", fault.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Offsets_count_bytes_not_characters()
    {
        Assert.Equal(10, Fault("{\"é😀\":x}")!.Offset);
    }

    [Theory]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xC0, 0xAF })] // overlong
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })] // a surrogate
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })] // beyond Unicode
    [InlineData(new byte[] { 0xE2, 0x82 })] // cut off
    public void Bytes_that_are_not_strict_UTF8_are_refused_where_they_stand(byte[] bad)
    {
        byte[] body = [.. "{\"a\":[true,\""u8, .. bad, .. "\"]}"u8];

        var fault = DocumentCheck.FindFault(body, MaxDepth);

        Assert.Equal(("The body is not valid UTF-8.", 12, "/a/0"), (fault!.Detail, (int)fault.Offset, fault.Path));
    }

    [Fact]
    public void An_earlier_fault_is_told_before_a_later_bad_byte()
    {
        Assert.Equal(5, DocumentCheck.FindFault([.. "{\"a\":x,\""u8, 0xFF], MaxDepth)!.Offset);
    }

    [Fact]
    public void A_byte_order_mark_is_refused()
    {
        Assert.Contains("byte order mark", DocumentCheck.FindFault([0xEF, 0xBB, 0xBF, .. "{}"u8], MaxDepth)!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    [InlineData(100_000, false)]
    public void Levels_are_counted_from_the_document_itself(int levels, bool allowed)
    {
        var body = "{\"a\":" + new string('[', levels - 1) + new string(']', levels - 1) + "}";

        var fault = Fault(body);

        Assert.Equal(allowed, fault is null);
        if (!allowed)
        {
            Assert.Equal(5 + 63, fault!.Offset);
            Assert.Contains("64 levels", fault.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_long_path_is_cut()
    {
        var fault = Fault($"{{\"{new string('k', 100_000)}\":x}}");

        Assert.InRange(fault!.Path.Length, 100, 600);
    }

    [Fact]
    public void Many_small_objects_after_a_large_one_cost_no_more_than_they_are()
    {
        var names = string.Join(',', Enumerable.Range(0, 50_000).Select(i => $"\"k{i}\":0"));
        var small = string.Join(',', Enumerable.Repeat("{\"k\":0}", 50_000));

        Assert.Null(Fault($"{{\"a\":[{{{names}}},{small}]}}"));
    }

    private static DocumentFault? Fault(string body) => DocumentCheck.FindFault(Encoding.UTF8.GetBytes(body), MaxDepth);
}
