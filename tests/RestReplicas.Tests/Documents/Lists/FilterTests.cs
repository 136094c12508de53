using System.Text;
using RestReplicas.Documents.Lists;
using Xunit;

namespace RestReplicas.Tests.Documents.Lists;

public class FilterTests
{
    private const string Document =
        """{"status":"open","total":10,"zip":"0123","code":"10","paid":false,"note":null,"tags":["a","b"],"customer":{"country":"IS"},"limit":7,"name":"Smith, John","quote":"\"x","yes":"true","n":1.50,"e":""}""";

    [Theory]
    [InlineData("status=open", true)]
    [InlineData("status=Open", false)]
    [InlineData("status[eq]=open", true)]
    [InlineData("status[ne]=open", false)]
    [InlineData("status[ne]=closed", true)]
    [InlineData("nothing[ne]=closed", true)]
    [InlineData("nothing=null", false)]
    [InlineData("note=null", true)]
    [InlineData("total=10", true)]
    [InlineData("total=1e1", true)]
    [InlineData("total=\"10\"", false)]
    [InlineData("code=10", true)]
    [InlineData("code=\"10\"", true)]
    [InlineData("code=10.0", false)]
    [InlineData("n=1.5", true)]
    [InlineData("zip=0123", true)]
    [InlineData("zip=123", false)]
    [InlineData("paid=false", true)]
    [InlineData("paid[ne]=true", true)]
    [InlineData("yes=true", true)]
    [InlineData("total[gt]=9.99", true)]
    [InlineData("total[gt]=10", false)]
    [InlineData("total[gte]=10", true)]
    [InlineData("total[lt]=10", false)]
    [InlineData("total[lte]=10", true)]
    [InlineData("total[lt]=1e400", true)]
    [InlineData("total[gt]=-1e400", true)]
    [InlineData("total[gt]=a", false)]
    [InlineData("code[gte]=2", false)]
    [InlineData("code[gte]=\"1\"", true)]
    [InlineData("status[gt]=o", true)]
    [InlineData("status[lt]=p", true)]
    [InlineData("status[lt]=99", false)]
    [InlineData("nothing[lt]=99", false)]
    [InlineData("paid[lt]=true", true)]
    [InlineData("paid[gt]=false", false)]
    [InlineData("customer.country[in]=IS,NO", true)]
    [InlineData("customer.country[in]=NO,SE", false)]
    [InlineData("total[in]=9,10", true)]
    [InlineData("name[in]=\"Smith, John\",x", true)]
    [InlineData("name=Smith, John", true)]
    [InlineData("name[in]=Smith, John", false)]
    [InlineData("quote=\"\\\"x\"", true)]
    [InlineData("e=\"\"", true)]
    [InlineData("e[in]=\"\",x", true)]
    [InlineData("status[prefix]=op", true)]
    [InlineData("status[prefix]=open", true)]
    [InlineData("status[prefix]=opens", false)]
    [InlineData("code[prefix]=1", true)]
    [InlineData("total[prefix]=1", false)]
    [InlineData("status[exists]=true", true)]
    [InlineData("note[exists]=true", true)]
    [InlineData("nothing[exists]=true", false)]
    [InlineData("nothing[exists]=false", true)]
    [InlineData("status[exists]=false", false)]
    [InlineData("tags=a", false)]
    [InlineData("tags.1=b", true)]
    [InlineData("customer[exists]=true", true)]
    [InlineData("customer={\"country\":\"IS\"}", false)]
    [InlineData("limit[eq]=7", true)]
    [InlineData("\\limit=7", true)]
    public void A_filter_holds_or_does_not(string filter, bool holds)
    {
        var at = filter.IndexOf('=', StringComparison.Ordinal);

        var parsed = Filter.Parse(filter[..at], filter[(at + 1)..], out var fault);

        Assert.True(parsed is not null, fault);
        Assert.Equal(holds, parsed.Holds(Encoding.UTF8.GetBytes(Document)));
    }

    [Fact]
    public void In_takes_a_hundred_values_and_no_more()
    {
        Assert.NotNull(Filter.Parse("a[in]", string.Join(',', Enumerable.Range(0, 100)), out _));
        Assert.Null(Filter.Parse("a[in]", string.Join(',', Enumerable.Range(0, 101)), out var fault));
        Assert.Contains("100", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", """{"a":1.10}""")]
    [InlineData("z,a", """{"a":1.10,"z":[ 1e400 ]}""")]
    [InlineData("b.c", """{"b" :{"c":-0}}""")]
    [InlineData("b,b.c", """{"b" :{"c":-0, "d":"\u00e9"}}""")]
    [InlineData("b.d,b.c", """{"b" :{"c":-0,"d":"\u00e9"}}""")]
    [InlineData("l.p", """{"l":[{"p":1},{"p":2},[{"p":3}]]}""")]
    [InlineData("é", """{"\u00e9":true}""")]
    [InlineData("a.x,none", "{}")]
    [InlineData("b.x", """{"b" :{}}""")]
    [InlineData("l.2", """{"l":[5]}""")]
    [InlineData("l.0.p,l.3", """{"l":[{"p":1},[{"p":3}]]}""")]
    [InlineData("l.3.0", """{"l":[[{"p":3}]]}""")]
    [InlineData("l.2,l.q", """{"l":[{"q":1},{},5,[{}]]}""")]
    [InlineData("l.9,l.00", """{"l":[{},{},[{}]]}""")]
    [InlineData("l.9", """{"l":[]}""")]
    [InlineData("l", """{"l":[ {"p":1,"q":1}, {"p":2}, 5, [{"p":3}] ]}""")]
    public void Fields_keep_members_byte_by_byte(string fields, string kept)
    {
        var document = """{ "a": 1.10 , "b" :{"c":-0, "d":"\u00e9"},"l":[ {"p":1,"q":1}, {"p":2}, 5, [{"p":3}] ],"\u00e9":true, "z":[ 1e400 ] }"""u8;

        Assert.Equal(kept, Encoding.UTF8.GetString(new Projection(fields.Split(',').Select(f => MemberPath.Parse(f, out _)!)).Of(document).Span));
    }

    [Fact]
    public void A_cursor_belongs_to_its_question_and_is_worth_nothing_edited()
    {
        var question = "orders sorted by total"u8.ToArray();
        var cursor = Cursor.After(new([[0x30, 1], [0]], "a~b"), question);

        var position = Cursor.Read(cursor, question)!;
        Assert.Equal(("a~b", 2), (position.Id, position.Keys.Count));
        Assert.Equal([0x30, 1], position.Keys[0]);
        Assert.Null(Cursor.Read(cursor, "orders"u8));
        for (var i = 0; i < cursor.Length; i++)
        {
            Assert.Null(Cursor.Read(cursor.Remove(i, 1), question));
            Assert.Null(Cursor.Read(cursor[..i] + (cursor[i] == 'A' ? 'B' : 'A') + cursor[(i + 1)..], question));
        }

        Assert.All(["", "!!", "MS9vdGhlci94", new string('A', 5000)], text => Assert.Null(Cursor.Read(text, question)));
    }
}
