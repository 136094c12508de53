using System.Text;
using RestReplicas.Documents.Lists;
using Xunit;

namespace RestReplicas.Tests.Documents.Lists;

public class ValueKeyTests
{
    /// <summary>Each line is less than the next; what stands on one line is alike.</summary>
    private static readonly string[][] Order =
    [
        ["null"], ["false"], ["true"],
        ["-1e999999999999999999999999", "-1e999999999999999999999998"], ["-1e400"], ["-123456789012345678901234567891"], ["-123456789012345678901234567890"],
        ["-100", "-1e2", "-1.00E+2"], ["-99.5"], ["-10"], ["-9"], ["-0.1"], ["-0.01", "-1e-2"], ["-1e-400"],
        ["0", "-0", "0.00", "0e5", "-0.0E-7"],
        ["1e-400"], ["0.0099"], ["0.01", "1e-2"], ["0.1"], ["0.30000000000000003"], ["0.30000000000000004"], ["1", "1.0", "10e-1"], ["1.05"], ["1.5"], ["9"], ["10"], ["11"],
        ["99.5"], ["100", "1e2"], ["9007199254740992"], ["9007199254740993"], ["123456789012345678901234567890"], ["123456789012345678901234567891"], ["1e400", "10e399"],
        ["\"\""], ["\"\\u0000\""], ["\" \""], ["\"1\""], ["\"10\""], ["\"9\""], ["\"A\""], ["\"AB\""], ["\"a\"", "\"\\u0061\""], ["\"é\"", "\"\\u00e9\""], ["\"\uffff\""], ["\"😀\"", "\"\\ud83d\\ude00\""],
        ["[]", "[1]"], ["{}", "{\"a\":1}"],
    ];

    [Fact]
    public void The_order_of_keys_is_the_order_of_values()
    {
        var keys = Order.Select(line => line.Select(KeyOf).ToArray()).Prepend([ValueKey.Of("{}"u8, Path("v"))]).ToArray();

        for (var i = 0; i < keys.Length; i++)
        {
            Assert.All(keys[i], key => Assert.Equal(keys[i][0], key));
            Assert.True(i == 0 || keys[i - 1][0].AsSpan().SequenceCompareTo(keys[i][0]) < 0, i == 0 ? "" : $"{i}: {Order[i - 1][0]}");
        }
    }

    [Theory]
    [InlineData("a", "1")]
    [InlineData("b.c", "2")]
    [InlineData("d.1", "4")]
    [InlineData("d.2.e", "5")]
    [InlineData(@"x\.y", "6")]
    [InlineData(@"x\[0\]", "7")]
    [InlineData(@"\\", "8")]
    [InlineData("b.0", "9")]
    [InlineData(@"\a", "1")]
    [InlineData("d.01", null)]
    [InlineData("d.3", null)]
    [InlineData("d.-1", null)]
    [InlineData("d.99999999999", null)]
    [InlineData("a.c", null)]
    [InlineData("A", null)]
    [InlineData("b.c.d", null)]
    public void A_path_leads_to_a_value_or_nowhere(string path, string? value)
    {
        var document = """{"a":1,"b":{"z":{"c":0},"c":2,"0":9},"d":[3,4,{"e":5}],"x.y":6,"x[0]":7,"\\":8}"""u8;

        Assert.Equal(value is null ? [0] : KeyOf(value), ValueKey.Of(document, Path(path)));
    }

    [Fact]
    public void Long_values_are_told_apart_by_filters_and_alike_to_sorting()
    {
        var (one, other) = (KeyOf($"\"{new string('x', 300)}1\""), KeyOf($"\"{new string('x', 300)}2\""));

        Assert.NotEqual(one, other);
        Assert.Equal(ValueKey.Cut(one), ValueKey.Cut(other));
        Assert.Equal(ValueKey.Longest, ValueKey.Cut(one).Length);
    }

    [Theory]
    [InlineData("a.b", "a.b")]
    [InlineData(@"a\.b", @"a\.b")]
    [InlineData(@"\limit", "limit")]
    [InlineData("größe", "größe")]
    public void A_path_has_one_spelling(string text, string spelling) => Assert.Equal(spelling, Path(text).Text);

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a.")]
    [InlineData("a[0]")]
    [InlineData(@"a\")]
    [InlineData("a\tb")]
    public void What_is_no_path_is_refused_with_a_reason(string text)
    {
        Assert.Null(MemberPath.Parse(text, out var fault));
        Assert.NotEmpty(fault);
    }

    private static MemberPath Path(string text) => MemberPath.Parse(text, out _)!;

    private static byte[] KeyOf(string json) => ValueKey.Of(Encoding.UTF8.GetBytes($"{{\"u\":0,\"v\":{json}}}"), Path("v"));
}
