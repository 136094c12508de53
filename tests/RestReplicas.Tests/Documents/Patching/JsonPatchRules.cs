using RestReplicas.Documents;
using RestReplicas.Documents.Patching;
using Xunit;

namespace RestReplicas.Tests.Documents.Patching;

/// <summary>RFC 6902 and RFC 6901, operation by operation and error by error.</summary>
public class JsonPatchRules
{
    [Theory]
    [InlineData("""{"a":1}""", """[]""", """{"a":1}""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":2}]""", """{"a":1,"b":2}""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/a","value":null}]""", """{"a":null}""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/","value":2}]""", """{"a":1,"":2}""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"","value":{"b":2}}]""", """{"b":2}""")]
    [InlineData("""{"a":[1,3]}""", """[{"op":"add","path":"/a/1","value":2}]""", """{"a":[1,2,3]}""")]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/1","value":2}]""", """{"a":[1,2]}""")]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/-","value":[2]}]""", """{"a":[1,[2]]}""")]
    [InlineData("""{"a":[]}""", """[{"op":"add","path":"/a/0","value":0}]""", """{"a":[0]}""")]
    [InlineData("""{"a":{"01":1,"-":2}}""", """[{"op":"replace","path":"/a/01","value":3},{"op":"remove","path":"/a/-"}]""", """{"a":{"01":3}}""")]
    [InlineData("""{"a/b":1,"m~n":2}""", """[{"op":"remove","path":"/a~1b"},{"op":"replace","path":"/m~0n","value":3}]""", """{"m~n":3}""")]
    [InlineData("""{"~1":1,"/":2}""", """[{"op":"remove","path":"/~01"}]""", """{"/":2}""")]
    [InlineData("""{"a":{"b":1},"c":2}""", """[{"op":"remove","path":"/a"}]""", """{"c":2}""")]
    [InlineData("""{"a":[1,2,3]}""", """[{"op":"remove","path":"/a/1"}]""", """{"a":[1,3]}""")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"replace","path":"/a/0","value":{}}]""", """{"a":[{},2]}""")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"","value":[1]}]""", """[1]""")]
    [InlineData("""{"a":{"x":1},"b":2}""", """[{"op":"move","from":"/a/x","path":"/c"}]""", """{"a":{},"b":2,"c":1}""")]
    [InlineData("""{"a":[1,2,3]}""", """[{"op":"move","from":"/a/0","path":"/a/2"}]""", """{"a":[2,3,1]}""")]
    [InlineData("""{"a":1,"b":2}""", """[{"op":"move","from":"/a","path":"/b"}]""", """{"b":1}""")]
    [InlineData("""{"a":1,"b":2}""", """[{"op":"move","from":"/a","path":"/a"}]""", """{"a":1,"b":2}""")]
    [InlineData("""{"a":{"b":{"c":1}}}""", """[{"op":"move","from":"/a/b","path":"/a"}]""", """{"a":{"c":1}}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"move","from":"/a","path":""}]""", """{"b":1}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"move","from":"/a","path":"/ab"}]""", """{"ab":{"b":1}}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"copy","from":"/a","path":"/a/c"}]""", """{"a":{"b":1,"c":{"b":1}}}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}]""", """{"a":{"b":1},"c":{"b":2}}""")]
    [InlineData("""{"a":1}""", """[{"op":"copy","from":"","path":"/b"}]""", """{"a":1,"b":{"a":1}}""")]
    [InlineData("""{"a":{"b":[1,"x",null]}}""", """[{"op":"test","path":"/a","value":{"b":[1.0,"\u0078",null]}}]""", """{"a":{"b":[1,"x",null]}}""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"","value":{"a":1}}]""", """{"a":1}""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":2,"from":7,"who":"ignored"}]""", """{"a":1,"b":2}""")]
    [InlineData("""{"\u0061":1}""", """[{"op":"replace","path":"/a","value":2}]""", """{"\u0061":2}""")]
    [InlineData("""{"é":1}""", """[{"op":"add","path":"/\u00e9\"\\\n","value":2}]""", """{"é":1,"é\"\\\n":2}""")]
    public void An_operation_does_what_the_RFC_says(string document, string patch, string result)
    {
        Assert.Equal((result, null), Patched.Apply(document, patch));
    }

    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b/c","value":1}]""", PatchFaultKind.NoSuchMember, "/b/c")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/a/c","value":1}]""", PatchFaultKind.NotAContainer, "/a/c")]
    [InlineData("""{"a":[]}""", """[{"op":"add","path":"/a/1","value":1}]""", PatchFaultKind.OutOfBounds, "/a/1")]
    [InlineData("""{"a":[]}""", """[{"op":"add","path":"/a/-/b","value":1}]""", PatchFaultKind.OutOfBounds, "/a/-/b")]
    [InlineData("""{"a":[0,1]}""", """[{"op":"add","path":"/a/01","value":1}]""", PatchFaultKind.NotAnIndex, "/a/01")]
    [InlineData("""{"a":[0,1]}""", """[{"op":"add","path":"/a/+1","value":1}]""", PatchFaultKind.NotAnIndex, "/a/+1")]
    [InlineData("""{"a":[0,1]}""", """[{"op":"add","path":"/a/-1","value":1}]""", PatchFaultKind.NotAnIndex, "/a/-1")]
    [InlineData("""{"a":[0,1]}""", """[{"op":"add","path":"/a/1e0","value":1}]""", PatchFaultKind.NotAnIndex, "/a/1e0")]
    [InlineData("""{"a":[0,1]}""", """[{"op":"add","path":"/a/","value":1}]""", PatchFaultKind.NotAnIndex, "/a/")]
    [InlineData("""{"a":[0,1]}""", """[{"op":"add","path":"/a/\u0661","value":1}]""", PatchFaultKind.NotAnIndex, "/a/\u0661")]
    [InlineData("""{"a":[0,1]}""", """[{"op":"test","path":"/a/99999999999999999999","value":1}]""", PatchFaultKind.OutOfBounds, "/a/99999999999999999999")]
    [InlineData("""{"a":1}""", """[{"op":"remove","path":"/b"}]""", PatchFaultKind.NoSuchMember, "/b")]
    [InlineData("""{"a":[1]}""", """[{"op":"remove","path":"/a/-"}]""", PatchFaultKind.OutOfBounds, "/a/-")]
    [InlineData("""{"a":1}""", """[{"op":"remove","path":""}]""", PatchFaultKind.WholeDocument, "")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"/b","value":1}]""", PatchFaultKind.NoSuchMember, "/b")]
    [InlineData("""{"a":[1]}""", """[{"op":"replace","path":"/a/1","value":1}]""", PatchFaultKind.OutOfBounds, "/a/1")]
    [InlineData("""{"a":1}""", """[{"op":"move","from":"/b","path":"/a"}]""", PatchFaultKind.NoSuchMember, "/b")]
    [InlineData("""{"a":1}""", """[{"op":"move","from":"/b","path":"/b"}]""", PatchFaultKind.NoSuchMember, "/b")]
    [InlineData("""{"a":1}""", """[{"op":"move","from":"/a","path":"/b/c"}]""", PatchFaultKind.NoSuchMember, "/b/c")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"move","from":"/a","path":"/a"},{"op":"copy","from":"/a/c","path":"/d"}]""", PatchFaultKind.NoSuchMember, "/a/c", 1)]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/b","value":null}]""", PatchFaultKind.NoSuchMember, "/b")]
    [InlineData("""{"a":null}""", """[{"op":"test","path":"/a","value":false}]""", PatchFaultKind.TestFailed, "/a")]
    [InlineData("""{"a":"1"}""", """[{"op":"test","path":"/a","value":1}]""", PatchFaultKind.TestFailed, "/a")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"test","path":"/a","value":[2,1]}]""", PatchFaultKind.TestFailed, "/a")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"test","path":"/a","value":{"b":1,"c":2}}]""", PatchFaultKind.TestFailed, "/a")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":1},{"op":"test","path":"/a","value":2}]""", PatchFaultKind.TestFailed, "/a", 1)]
    public void An_operation_that_cannot_be_made_says_which_and_where(
        string document, string patch, PatchFaultKind kind, string target, int operation = 0)
    {
        Assert.Equal((null, new PatchFault(kind, operation, target)), Patched.Apply(document, patch));
    }

    [Theory]
    [InlineData("""{}""", "")]
    [InlineData("""[1]""", "/0")]
    [InlineData("""[{}]""", "/0/op")]
    [InlineData("""[{"op":1,"path":""}]""", "/0/op")]
    [InlineData("""[{"op":"Add","path":"","value":1}]""", "/0/op")]
    [InlineData("""[{"op":"spam","path":""}]""", "/0/op")]
    [InlineData("""[{"op":"remove"}]""", "/0/path")]
    [InlineData("""[{"op":"remove","path":null}]""", "/0/path")]
    [InlineData("""[{"op":"remove","path":"a"}]""", "/0/path")]
    [InlineData("""[{"op":"remove","path":"/~"}]""", "/0/path")]
    [InlineData("""[{"op":"remove","path":"/a~2"}]""", "/0/path")]
    [InlineData("""[{"op":"remove","path":"#/a"}]""", "/0/path")]
    [InlineData("""[{"op":"add","path":"/a"}]""", "/0")]
    [InlineData("""[{"op":"test","path":"/a"}]""", "/0")]
    [InlineData("""[{"op":"test","path":"/a","value":1},{"op":"replace","path":"/a"}]""", "/1")]
    [InlineData("""[{"op":"move","path":"/a"}]""", "/0/from")]
    [InlineData("""[{"op":"copy","path":"/a","from":"b"}]""", "/0/from")]
    [InlineData("""[{"op":"move","path":"/a/b","from":"/a"}]""", "/0/from")]
    [InlineData("""[{"op":"move","path":"/a","from":""}]""", "/0/from")]
    public void What_is_no_patch_says_where(string patch, string path)
    {
        Assert.Equal(path, Patched.SyntaxFault(patch)?.Path);
    }

    [Fact]
    public void What_is_not_touched_keeps_its_bytes()
    {
        var (result, _) = Patched.Apply(
            "{ \"n\" : [ 1e400 , -0, 1.10 ],\r\n \"s\" : \"\\u00e9\\/\", \"o\" : { \"x\" : [ ] , \"y\" : 1 } }",
            """[{"op":"replace","path":"/o/y","value":2.0}]""");

        Assert.Equal("{\"n\":[ 1e400 , -0, 1.10 ],\"s\":\"\\u00e9\\/\",\"o\":{\"x\":[ ],\"y\":2.0}}", result);
    }

    [Fact]
    public void No_sequence_of_copies_grows_beyond_the_limits_on_its_way()
    {
        Assert.Equal(PatchFaultKind.TooLarge, Repeat("""{"op":"copy","from":"/a","path":"/a/-"}"""));
        Assert.Equal(PatchFaultKind.TooDeep, Repeat("""{"op":"copy","from":"","path":"/a"}"""));

        static PatchFaultKind Repeat(string operation) =>
            Patched.Apply("""{"a":[0]}""", $"[{string.Join(',', Enumerable.Repeat(operation, 500))}]").Fault!.Kind;
    }

    [Theory]
    [InlineData("/a", "/b")]
    [InlineData("/a", "/a/b")]
    public void A_copy_is_of_its_own(string from, string to)
    {
        var (result, _) = Patched.Apply(
            """{"a":{"n":[1]}}""",
            $$"""
              [{"op":"add","path":"/a/n/-","value":2},{"op":"copy","from":"{{from}}","path":"{{to}}"},
               {"op":"add","path":"/a/n/-","value":3},{"op":"add","path":"{{to}}/n/-","value":4}]
              """);

        using var document = System.Text.Json.JsonDocument.Parse(result!);
        var copy = to[1..].Split('/').Aggregate(document.RootElement, (value, name) => value.GetProperty(name));
        Assert.Equal(("[1,2,3]", "[1,2,4]"), (document.RootElement.GetProperty("a").GetProperty("n").GetRawText(), copy.GetProperty("n").GetRawText()));
    }

    [Fact]
    public void A_value_of_the_patch_is_edited_where_it_was_put_and_not_in_the_patch()
    {
        const string add = """{"op":"add","path":"/a/-","value":[]}""";
        var (result, _) = Patched.Apply("""{"a":[]}""", $$"""[{{add}},{"op":"add","path":"/a/0/-","value":1},{{add}}]""");
        Assert.Equal("""{"a":[[1],[]]}""", result);
    }

    [Fact]
    public void When_the_time_is_over_the_patch_is_not_made_on()
    {
        var (operations, _) = JsonPatch.Read(Patched.Value("""[{"op":"add","path":"/a","value":1}]"""), "", most: 1);
        var late = new JsonPatching(1024, 8, Deadline.After(TimeSpan.Zero));
        Assert.Throws<TimeoutException>(() => late.Apply(Patched.Value("{}"), operations));
    }

    [Fact]
    public void A_patch_has_a_bounded_number_of_operations()
    {
        var operation = """{"op":"test","path":"/a","value":1}""";
        Assert.Null(Patched.SyntaxFault($"[{string.Join(',', Enumerable.Repeat(operation, 1000))}]"));
        Assert.NotNull(Patched.SyntaxFault($"[{string.Join(',', Enumerable.Repeat(operation, 1001))}]"));
    }
}
