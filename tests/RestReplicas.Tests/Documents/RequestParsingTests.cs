using Microsoft.AspNetCore.Http;
using RestReplicas.Cluster;
using RestReplicas.Documents;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Documents;

public class RequestParsingTests
{
    [Fact]
    public void Without_parameters_a_read_is_local_and_unbounded()
    {
        Assert.Equal(new(Consistency.Local, null, null, TimeSpan.FromSeconds(5), false), Levels("", out var fault));
        Assert.Null(fault);
    }

    [Fact]
    public void Every_level_of_a_read_is_understood()
    {
        var levels = Levels("?consistency=linearizable&maxStaleness=1500&minPosition=7.48213&timeout=100", out var fault);

        Assert.Null(fault);
        Assert.Equal(
            new(Consistency.Linearizable, TimeSpan.FromMilliseconds(1500), new Position(new(7), 48213), TimeSpan.FromMilliseconds(100), false),
            levels);
    }

    [Theory]
    [InlineData("?consistency=strong", "consistency")]
    [InlineData("?consistency=Leader", "consistency")]
    [InlineData("?consistency=", "consistency")]
    [InlineData("?consistency", "consistency")]
    [InlineData("?consistency=local&consistency=local", "consistency")]
    [InlineData("?Consistency=local", "Consistency")]
    [InlineData("?maxStaleness=-1", "maxStaleness")]
    [InlineData("?maxStaleness=1.5", "maxStaleness")]
    [InlineData("?maxStaleness=+1", "maxStaleness")]
    [InlineData("?maxStaleness=99999999999999999999", "maxStaleness")]
    [InlineData("?minPosition=7", "minPosition")]
    [InlineData("?minPosition=07.1", "minPosition")]
    [InlineData("?timeout=0", "timeout")]
    [InlineData("?timeout=60001", "timeout")]
    [InlineData("?max_staleness=5", "max_staleness")]
    [InlineData("?acks=all", "acks")]
    [InlineData("?=x", "")]
    [InlineData("?minPosition=%zz", "query")]
    [InlineData("?minPosition=1.1%", "query")]
    [InlineData("?minPosition%2=1.1", "query")]
    [InlineData("?%C3%28=1", "query")]
    public void What_is_not_understood_is_refused_by_name(string query, string parameter)
    {
        _ = Levels(query, out var fault);

        Assert.Equal((400, "invalid-request", parameter), (fault!.Status, fault.Type, fault.Parameter));
    }

    [Theory]
    [InlineData("max-age=2", 2000L, false)]
    [InlineData("MAX-AGE=\"2\", only-if-cached", 2000L, true)]
    [InlineData("no-cache, no-store, foo=bar", null, false)]
    [InlineData("max-age=99999999999", 31_536_000_000L, false)]
    public void Cache_control_bounds_a_read(string header, long? milliseconds, bool onlyIfCached)
    {
        var levels = Levels("", out var fault, header);

        Assert.Null(fault);
        Assert.Equal((milliseconds, onlyIfCached), ((long?)levels.MaxStaleness?.TotalMilliseconds, levels.OnlyIfCached));
    }

    [Fact]
    public void Of_two_bounds_the_narrower_counts()
    {
        Assert.Equal(TimeSpan.FromSeconds(1), Levels("?maxStaleness=5000", out _, "max-age=1").MaxStaleness);
        Assert.Equal(TimeSpan.FromMilliseconds(5), Levels("?maxStaleness=5", out _, "max-age=1").MaxStaleness);
    }

    [Theory]
    [InlineData("max-age")]
    [InlineData("max-age=")]
    [InlineData("max-age=-1")]
    [InlineData("max-age=soon")]
    public void A_malformed_max_age_is_refused(string header)
    {
        _ = Levels("", out var fault, header);

        Assert.Equal("Cache-Control", fault!.Parameter);
    }

    [Theory]
    [InlineData("", Acks.Majority, 5000)]
    [InlineData("?acks=leader&timeout=250", Acks.Leader, 250)]
    [InlineData("?acks=all", Acks.All, 5000)]
    public void The_levels_of_a_write_are_understood(string queryString, Acks acks, int timeout)
    {
        var query = new QueryReader(Request(queryString));

        Assert.Equal(new(acks, TimeSpan.FromMilliseconds(timeout)), WriteLevels.Read(query, new()));
        Assert.Null(query.Finish());
    }

    [Theory]
    [InlineData("?acks=two", "acks")]
    [InlineData("?acks=2", "acks")]
    [InlineData("?consistency=local", "consistency")]
    [InlineData("?timeout=1e3", "timeout")]
    public void A_write_takes_no_other(string queryString, string parameter)
    {
        var query = new QueryReader(Request(queryString));
        _ = WriteLevels.Read(query, new());

        Assert.Equal(parameter, query.Finish()!.Parameter);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("Orders_2-x", true)]
    [InlineData("0a", false)]
    [InlineData("_a", false)]
    [InlineData("a.b", false)]
    [InlineData("é", false)]
    [InlineData("", false)]
    public void Collections_have_plain_names(string name, bool valid)
    {
        Assert.Equal(valid, Names.CheckCollection(name) is null);
    }

    [Fact]
    public void A_collections_name_has_at_most_64_characters()
    {
        Assert.Null(Names.CheckCollection(new string('x', 64)));
        Assert.NotNull(Names.CheckCollection(new string('x', 65)));
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("US-NY", true)]
    [InlineData("a.b~c_d", true)]
    [InlineData("...", true)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("_a", false)]
    [InlineData("a b", false)]
    [InlineData("a%2Fb", false)]
    [InlineData("é", false)]
    [InlineData("", false)]
    public void Ids_are_what_a_URL_never_escapes(string id, bool valid)
    {
        Assert.Equal(valid, Names.CheckId(id) is null);
    }

    [Fact]
    public void An_id_has_at_most_128_characters()
    {
        Assert.Null(Names.CheckId(new string('x', 128)));
        Assert.NotNull(Names.CheckId(new string('x', 129)));
    }

    private static ReadLevels Levels(string queryString, out Problem? fault, string? cacheControl = null)
    {
        var request = Request(queryString);
        if (cacheControl is not null)
        {
            request.Headers.CacheControl = cacheControl;
        }

        var query = new QueryReader(request);
        var levels = ReadLevels.Read(request, query, new());
        fault = query.Finish();
        return levels;
    }

    private static HttpRequest Request(string queryString)
    {
        var request = new DefaultHttpContext().Request;
        request.QueryString = new(queryString);
        return request;
    }
}
