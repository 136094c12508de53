using RestReplicas.Documents.Patching;
using Xunit;

namespace RestReplicas.Tests.Documents.Patching;

public class JsonEqualityRules
{
    [Theory]
    [InlineData("1", "1.0")]
    [InlineData("1", "1e0")]
    [InlineData("1", "0.1E+1")]
    [InlineData("100", "1e2")]
    [InlineData("0.00120", "12e-4")]
    [InlineData("0", "-0")]
    [InlineData("0.000", "0e999")]
    [InlineData("-10.50", "-1.05e1")]
    [InlineData("1e400", "10e399")]
    [InlineData("1e-400", "0.1e-399")]
    [InlineData("123456789012345678901234567890.5", "1234567890123456789012345678905e-1")]
    [InlineData("1e100000000000000000000", "10e99999999999999999999")]
    [InlineData("1e-99999999999999999999", "0.1e-99999999999999999998")]
    [InlineData("1e007", "10000000")]
    [InlineData("10e99999999999999999", "1e100000000000000000")]
    public void Numbers_are_equal_by_what_they_are_worth(string one, string other)
    {
        Assert.True(AreEqual(one, other));
        Assert.True(AreEqual(other, one));
    }

    [Theory]
    [InlineData("1", "-1")]
    [InlineData("1", "10")]
    [InlineData("0.1", "0.01")]
    [InlineData("12", "1.2")]
    [InlineData("12", "121")]
    [InlineData("9007199254740993", "9007199254740992")]
    [InlineData("1e400", "1e401")]
    [InlineData("1e400", "1e-400")]
    [InlineData("0.1", "0.1000000000000000055511151231257827")]
    [InlineData("1e100000000000000000000", "1e100000000000000000001")]
    [InlineData("1e100000000000000000000", "1e-100000000000000000000")]
    [InlineData("1e100000000000000000000", "1")]
    public void And_differ_by_the_last_digit(string one, string other)
    {
        Assert.False(AreEqual(one, other));
        Assert.False(AreEqual(other, one));
    }

    [Theory]
    [InlineData("\"\\u0041\\/\"", "\"A/\"", true)]
    [InlineData("\"\\ud83d\\ude00\"", "\"😀\"", true)]
    [InlineData("\"é\"", "\"e\u0301\"", false)]
    [InlineData("[1,[2.0]]", "[ 1.0 , [ 2 ] ]", true)]
    [InlineData("[1,2]", "[1]", false)]
    [InlineData("""{"a":1,"b":[]}""", """{"b":[],"\u0061":1.0}""", true)]
    [InlineData("""{"a":1}""", """{"b":1}""", false)]
    [InlineData("{}", "[]", false)]
    [InlineData("null", "false", false)]
    [InlineData("true", "true", true)]
    public void Other_values_are_equal_by_what_they_mean(string one, string other, bool equal) => Assert.Equal(equal, AreEqual(one, other));

    private static bool AreEqual(string one, string other) => JsonEquality.AreEqual(Patched.Value(one), Patched.Value(other));
}
