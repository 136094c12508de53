using System.Collections.Concurrent;
using System.Net;
using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>What a broken store would do to its clients.</summary>
internal enum Tampering
{
    None,

    /// <summary>Some writes are acknowledged and never done; the last one, after all clients have stopped, always.</summary>
    LoseWrites,

    /// <summary>Some reads are answered with what an earlier one saw.</summary>
    ServeStaleReads,
}

/// <summary>Before one node, and a liar: the nodes are right, so whatever is found wrong is what it did.</summary>
internal sealed class TamperingProxy : IAsyncDisposable
{
    private const int OneIn = 10;
    private readonly HttpListener _listener = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
    private readonly ConcurrentDictionary<string, Answer> _earlier = new();
    private readonly string _node;
    private readonly IReadOnlyDictionary<string, string> _proxies;
    private readonly Tampering _tampering;
    private readonly Task _running;
    private int _count;
    private Answer? _lastWrite;

    /// <param name="proxies">By the node's address, all that there are: redirects go to a proxy too.</param>
    public TamperingProxy(string node, IReadOnlyDictionary<string, string> proxies, Tampering tampering)
    {
        _node = node;
        _proxies = proxies;
        _tampering = tampering;
        _listener.Prefixes.Add(proxies[node] + "/");
        _listener.Start();
        _running = Listen();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _running;
        _listener.Close();
        _http.Dispose();
    }

    private async Task Listen()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                serving.RemoveAll(t => t.IsCompleted);
                serving.Add(Task.Run(() => Serve(context)));
            }
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task Serve(HttpListenerContext context)
    {
        try
        {
            var answer = await AnswerTo(context.Request);
            context.Response.StatusCode = answer.Status;
            foreach (var (name, value) in answer.Headers)
            {
                context.Response.Headers[name] = name == "Location" ? Elsewhere(value) : value;
            }

            await context.Response.OutputStream.WriteAsync(answer.Body);
            context.Response.Close();
        }
        catch (Exception error) when (error is HttpRequestException or HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            context.Response.Abort();
        }
    }

    private async Task<Answer> AnswerTo(HttpListenerRequest request)
    {
        var path = request.Url!.AbsolutePath;
        var turn = Interlocked.Increment(ref _count) % OneIn == 0;
        var last = path.EndsWith("/" + NodeContent.Last, StringComparison.Ordinal);
        if ((turn || last) && _tampering == Tampering.LoseWrites && request.HttpMethod == "PUT" && _lastWrite is { } acknowledged)
        {
            return acknowledged;
        }

        if (turn && _tampering == Tampering.ServeStaleReads && request.HttpMethod == "GET" && _earlier.TryGetValue(path, out var earlier))
        {
            return earlier;
        }

        var answer = await Pass(request);
        if (answer.Status is 200 or 201 && request.HttpMethod == "PUT")
        {
            _lastWrite = answer;
        }
        else if (answer.Status == 200 && answer.Headers.ContainsKey("ETag"))
        {
            _earlier.TryAdd(path, answer);
        }

        return answer;
    }

    private async Task<Answer> Pass(HttpListenerRequest request)
    {
        using var body = new MemoryStream();
        await request.InputStream.CopyToAsync(body);
        using var message = new HttpRequestMessage(new HttpMethod(request.HttpMethod), _node + request.RawUrl) { Content = new ByteArrayContent(body.ToArray()) };
        foreach (var name in request.Headers.AllKeys.OfType<string>().Where(n => n is "If-Match" or "If-None-Match" or "Idempotency-Key" or "Cache-Control"))
        {
            message.Headers.TryAddWithoutValidation(name, request.Headers[name]);
        }

        if (request.ContentType is { } type)
        {
            message.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var answer = await _http.SendAsync(message);
        var headers = answer.Headers.Concat(answer.Content.Headers)
            .Where(h => h.Key.StartsWith("Replica-", StringComparison.Ordinal) || h.Key is "ETag" or "Location" or "Content-Type" or "Last-Modified")
            .ToDictionary(h => h.Key, h => string.Join(", ", h.Value));
        return new((int)answer.StatusCode, headers, await answer.Content.ReadAsByteArrayAsync());
    }

    private string Elsewhere(string location) =>
        Uri.TryCreate(location, UriKind.Absolute, out var uri) && _proxies.TryGetValue(uri.GetLeftPart(UriPartial.Authority), out var proxy)
            ? proxy + uri.PathAndQuery
            : location;

    private sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body);
}
