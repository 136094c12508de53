using System.Net.Http.Headers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using RestReplicas.Cluster;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>What holds for every request, however wrong, on every route; tried on many that are put together at random.</summary>
public sealed class SurfaceProperties : IAsyncLifetime
{
    private const int Tried = 2000;
    private const int TriedTwice = 150;

    /// <summary>So that it is noticed if one kind of answer is no longer tried.</summary>
    private readonly HashSet<string> _reached = [];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restreplicas-");
    private HttpClient _http = null!;
    private WebNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await WebNode.StartAlone(
            _directory.FullName, ("Reads:TimeLimit", "00:00:00.020"), ("Writes:TimeLimit", "00:00:20"), ("Sessions:Cookie", "true"), ("Reads:CompressFrom", "0"));
        _http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        })
        {
            Timeout = TimeSpan.FromSeconds(60),
        };
        await _node.Put("/v1/books/edda", "{\"title\":\"Edda\"}");
    }

    [Fact]
    public void No_request_is_a_bug_every_refusal_says_why_and_what_is_refused_changes_nothing()
    {
        UntilReached(
            [
                "PUT index 200", "PUT index 201", "PUT index 400", "DELETE index 204", "DELETE index 404", "GET index 200", "GET index 404",
                "POST batch 200", "POST batch 400", "POST batch 404", "POST batch 412",
            ],
            Tried,
            Prop.ForAll(SurfaceRequests.All.ToArbitrary(), request => Try(request).GetAwaiter().GetResult()));
    }

    [Fact]
    public void A_request_that_is_repeated_with_its_key_happens_once_and_no_other_request_has_that_key()
    {
        UntilReached(
            ["PUT index, done", "POST batch, done", "POST batch, refused", "POST batch, mismatch"],
            TriedTwice,
            Prop.ForAll(SurfaceRequests.Writes.Two().ToArbitrary(), pair => TryTwice(pair.Item1, pair.Item2).GetAwaiter().GetResult()));
    }

    /// <summary>What is put together at random misses a rare kind now and then, but not ten times on end.</summary>
    private void UntilReached(string[] kinds, int tried, Property property)
    {
        for (var i = 0; i < 10 && (i == 0 || kinds.Except(_reached).Any()); i++)
        {
            property.Check(Config.QuickThrowOnFailure.WithMaxTest(tried));
        }

        Assert.Empty(kinds.Except(_reached));
    }

    private async Task<Property> Try(SurfaceRequest request)
    {
        var before = await Settled();
        var answer = await Send(request);
        var after = _node.Node.Status;
        _reached.Add($"{request.Route} {answer.Status}");

        var position = answer.Status >= 400 && request.Method != "HEAD" ? answer.Member("position") : null;
        var reads = request.Method is "GET" or "HEAD" or "OPTIONS" or "TRACE";
        return All(
            $"{answer.Status} to {request}: {answer.Text}",
            (answer.Status is not (500 or 501 or 502), "a bug"),
            (answer.Status is < 400 || IsProblem(answer, request.Method), "not a problem"),
            ((!reads && (answer.Status < 400 || position is not null)) || before.Applied == after.Applied, "something was written"),
            ((!reads && (answer.Status < 400 || request.HasKey)) || before.Digest.Digest == after.Digest.Digest, "something has changed"));
    }

    /// <param name="other">Sent with the same key.</param>
    private async Task<Property> TryTwice(SurfaceRequest request, SurfaceRequest other)
    {
        var key = Guid.NewGuid().ToString();
        var before = await Settled();
        var first = await Send(request.With(key));
        var once = await Settled();
        var again = await Send(request.With(key));
        var twice = await Settled();
        var mismatch = await Send(other.With(key));
        var after = await Settled();

        var happened = before.Applied != once.Applied; // else it was refused as it stood, and the key is still free
        var isOther = (request.Method, request.Path) != (other.Method, other.Path) && twice.Applied != after.Applied;
        if (happened)
        {
            _reached.Add($"{request.Route}, {(first.Status < 400 ? "done" : "refused")}");
            _reached.Add($"{request.Route}, {(isOther ? "mismatch" : "alone")}");
        }

        return All(
            $"{first.Status}, {again.Status} to {request}: {first.Text} {again.Text}; {mismatch.Status} to {other}: {mismatch.Text}",
            ((again.Status, again.Text, again["ETag"], again["Location"]) == (first.Status, first.Text, first["ETag"], first["Location"]), "another answer"),
            (first["Idempotency-Replayed"] is null && again["Idempotency-Replayed"] == (happened ? "true" : null), "replayed, or not"),
            (once.Digest.Digest == twice.Digest.Digest, "it has happened twice"),
            (!happened || !isOther || (IsProblem(mismatch, other.Method) && mismatch.Member("type") == "idempotency-mismatch"), "the key was taken from it"),
            (!happened || twice.Digest.Digest == after.Digest.Digest, "the other has happened"));
    }

    /// <summary>An early answer (acks=leader) comes before its write.</summary>
    private Task<NodeStatus> Settled() => _node.Until(status => status.Applied == status.View.Last);

    private static Property All(string what, params (bool Holds, string Otherwise)[] rules) =>
        rules.Aggregate(true.ToProperty(), (all, one) => all.And(one.Holds.Label($"{one.Otherwise}: {what}")));

    private static bool IsProblem(Answer answer, string method) =>
        answer["Content-Type"] == "application/problem+json"
        && (method == "HEAD" || (answer.Member("type") is not null && answer.Member("title") is not null && answer.Member("detail") is not null
            && answer.Member("outcome") is "none" or "committed" or "unknown" && answer.Member("status") == $"{answer.Status}"));

    private async Task<Answer> Send(SurfaceRequest request)
    {
        using var message = new HttpRequestMessage(
            new(request.Method), new Uri(_node.Url + request.Target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (request.Body is not null && request.Method is not ("TRACE" or "GET" or "HEAD"))
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.ContentType = request.Type is null ? null : new MediaTypeHeaderValue(request.Type);
        }

        foreach (var (name, value) in request.Headers)
        {
            _ = message.Headers.TryAddWithoutValidation(name, value) || message.Content?.Headers.TryAddWithoutValidation(name, value) == true;
        }

        using var response = await _http.SendAsync(message);
        return new(response, await response.Content.ReadAsByteArrayAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _node.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
