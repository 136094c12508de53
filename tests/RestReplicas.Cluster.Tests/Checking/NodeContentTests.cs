using System.Net;
using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests.Checking;

/// <summary>The checker's last write, at nodes that answer as told.</summary>
public sealed class NodeContentTests
{
    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Conflict)] // write-lost
    public async Task A_last_write_that_was_lost_is_missing_in_the_content_and_not_waited_for(HttpStatusCode told)
    {
        using var node = new HttpClient(new Losing(told)) { BaseAddress = new("http://n1") };
        var contents = await NodeContent.OfAll([new("n1", node)], "c");
        Assert.DoesNotContain(NodeContent.Last, Assert.Single(contents));
    }

    /// <summary>Acknowledges every write, and has none.</summary>
    private sealed class Losing(HttpStatusCode told) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var asksForLast = request.RequestUri!.Query.Contains("minPosition=1.7", StringComparison.Ordinal);
            var answer = new HttpResponseMessage(asksForLast ? told : HttpStatusCode.OK) { Content = new StringContent("""{"items":[],"next":null}""") };
            answer.Headers.Add("Replica-Position", "1.7");
            return Task.FromResult(answer);
        }
    }
}
