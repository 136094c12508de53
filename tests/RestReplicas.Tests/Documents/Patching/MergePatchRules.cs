using Xunit;

namespace RestReplicas.Tests.Documents.Patching;

public class MergePatchRules
{
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"a":"foo"}""", """null""", """null""")]
    [InlineData("""{"a":"foo"}""", "\"bar\"", "\"bar\"")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""[1,2]""", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void Every_row_of_the_RFCs_appendix_comes_out_as_it_says(string document, string patch, string result) =>
        Assert.Equal(result, Patched.Merge(document, patch));

    [Theory]
    [InlineData("""{"a":1}""", """{"a":[null]}""", """{"a":[null]}""")]
    [InlineData("""{"a":1}""", """{"\u0061":2}""", """{"a":2}""")]
    [InlineData("""{"a":{"b":1,"c":{"d":1e400}}}""", """{"a":{"b":null}}""", """{"a":{"c":{"d":1e400}}}""")]
    [InlineData("""{"a":1.10,"b":-0}""", """{"c":1.0}""", """{"a":1.10,"b":-0,"c":1.0}""")]
    [InlineData("""{"a":1}""", """{"b":null}""", """{"a":1}""")]
    public void Nulls_in_arrays_stay_and_so_does_what_is_not_named(string document, string patch, string result) =>
        Assert.Equal(result, Patched.Merge(document, patch));
}
