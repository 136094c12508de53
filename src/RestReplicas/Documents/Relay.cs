using System.Net;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using RestReplicas.Cluster;

namespace RestReplicas.Documents;

/// <summary>
/// Passes a request on to the leader, for clients that cannot follow a redirect: because they cannot reach the leader,
/// or because they would drop their credentials on the way. One hop, and one attempt: once a byte may have left,
/// a second attempt could be a second write.
/// </summary>
public sealed class Relay(Node node, IOptions<WriteOptions> options) : IDisposable
{
    /// <summary>
    /// Names the node that passed the request on; who receives it does not pass it on again. Anybody may send it, and
    /// only ever gets less for it.
    /// </summary>
    public const string Mark = "Replica-Forwarded-By";

    /// <summary>The leader keeps the request's own time limit; this is for the way there and back.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private static readonly HashSet<string> NotPassedOn = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyAuthenticate, HeaderNames.ProxyAuthorization,
        HeaderNames.ProxyConnection, HeaderNames.TE, HeaderNames.Trailer, HeaderNames.TransferEncoding, HeaderNames.Upgrade,
        HeaderNames.Host, HeaderNames.ContentLength, HeaderNames.Expect, HeaderNames.Date, HeaderNames.Server, Mark,
        HeaderNames.Origin, // CORS is answered here
    };

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        MaxConnectionsPerServer = options.Value.RelayConnections,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30), // well below Kestrel's, so that no idle connection breaks under a write
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public static bool IsMarked(HttpRequest request) => request.Headers.ContainsKey(Mark);

    /// <param name="body">As it was read; the request's stream is spent.</param>
    public async Task<RelayResult> Send(HttpContext context, string url, ReadOnlyMemory<byte> body, TimeSpan limit)
    {
        using var request = Copy(context.Request, url, body);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        time.CancelAfter(limit + Grace);
        try
        {
            // The answer to a write is small and must be whole before any of it is passed on; a page may be large.
            var response = await _client.SendAsync(
                request,
                IsRead(context.Request) ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead,
                time.Token);
            return new RelayResult.Answered(response);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
        {
            return new RelayResult.NotSent();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            return new RelayResult.BrokenOff();
        }
    }

    public static async Task Pass(HttpResponseMessage answer, HttpContext context, string via)
    {
        using (answer)
        {
            var response = context.Response;
            response.StatusCode = (int)answer.StatusCode;
            var hop = answer.Headers.Connection;
            foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
            {
                if ((!NotPassedOn.Contains(name) && !hop.Contains(name)) || name == HeaderNames.ContentLength)
                {
                    response.Headers[name] = values.ToArray();
                }
            }

            response.Headers.Append(HeaderNames.Via, $"1.1 {via}");
            ReplicaHeaders.Of(context)?.Relay();
            if (!HttpMethods.IsHead(context.Request.Method) && answer.StatusCode != HttpStatusCode.NoContent)
            {
                // Where there can be no body, writing even nothing ends the connection, and with it what the client sends next.
                await answer.Content.CopyToAsync(response.Body, context.RequestAborted);
            }
        }
    }

    public static bool IsRead(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Copy(HttpRequest from, string url, ReadOnlyMemory<byte> body)
    {
        var copy = new HttpRequestMessage(new HttpMethod(from.Method), url) { Version = HttpVersion.Version11 };
        if (!IsRead(from))
        {
            // Never without content, not even a DELETE: a request without one is repeated by the client on its own
            // when a pooled connection turns out to be dead.
            copy.Content = new ReadOnlyMemoryContent(body);
        }

        var hop = from.Headers.GetCommaSeparatedValues(HeaderNames.Connection);
        foreach (var (name, values) in from.Headers)
        {
            if (!NotPassedOn.Contains(name) && !hop.Contains(name, StringComparer.OrdinalIgnoreCase)
                && name != HeaderNames.ContentEncoding // the body was decoded as it was read
                && !copy.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
            {
                copy.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        copy.Headers.TryAddWithoutValidation(Mark, node.Status.Name.Value);
        return copy;
    }
}

/// <summary>What came of passing a request on. A closed set.</summary>
public abstract record RelayResult
{
    public sealed record Answered(HttpResponseMessage Response) : RelayResult;

    /// <summary>There was no connection: nothing happened.</summary>
    public sealed record NotSent : RelayResult;

    /// <summary>The connection or the time ended before an answer came whole: a write may have happened.</summary>
    public sealed record BrokenOff : RelayResult;
}
