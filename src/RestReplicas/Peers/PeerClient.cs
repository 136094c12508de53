using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Polly.CircuitBreaker;
using RestReplicas.Cluster;
using RestReplicas.Protocol;

namespace RestReplicas.Peers;

/// <summary>
/// Carries messages to the other nodes. Batches and snapshots go through retries and a breaker; heartbeats, votes and read-index
/// rounds are sent once each, on connections of their own: the next one is the retry. Every send ends in an answer or in
/// <see cref="Unanswered"/>.
/// </summary>
public sealed partial class PeerClient : IDisposable
{
    /// <summary>Single messages under way to one peer; more fail at once.</summary>
    private const int MostSingle = 64;
    private const int MostResponseBytes = 64 * 1024;

    private readonly ConcurrentDictionary<NodeName, PeerLink> _links = new();
    private readonly NodeName _self;
    private readonly PeerSecret _secret;
    private readonly ReplicationOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<PeerClient> _log;
    private readonly HttpClient _batches;
    private readonly HttpClient _single;
    private readonly HttpClient _snapshots;

    public PeerClient(
        IOptions<NodeOptions> node,
        IOptions<ClusterOptions> cluster,
        IOptions<ReplicationOptions> replication,
        TimeProvider time,
        ILogger<PeerClient> log)
        : this(node.Value, cluster.Value, replication.Value, time, log, () => Handler(replication.Value))
    {
    }

    /// <param name="handler">Called once for batches, once for snapshots, and once for everything else.</param>
    internal PeerClient(
        NodeOptions node,
        ClusterOptions cluster,
        ReplicationOptions replication,
        TimeProvider time,
        ILogger<PeerClient> log,
        Func<HttpMessageHandler> handler)
    {
        _self = new(node.Name);
        _secret = new(cluster.Secret);
        (_options, _time, _log) = (replication, time, log);
        (_batches, _single, _snapshots) = (Client(handler()), Client(handler()), Client(handler()));
        foreach (var (name, url) in cluster.Voters)
        {
            Learn(new(name), url);
        }
    }

    /// <summary>Told what an operator should know, in a sentence: a peer that refuses the secret, say.</summary>
    public Action<string>? Trouble { get; set; }

    /// <summary>Peers say where they are; the last word counts, so that all addresses may change at once.</summary>
    public void Learn(NodeName name, string peerUrl)
    {
        if (name == _self || _links.GetValueOrDefault(name)?.Url?.OriginalString == peerUrl)
        {
            return;
        }

        if (Uri.TryCreate(peerUrl, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp)
        {
            _links.GetOrAdd(name, n => new(n, _options, _time)).Url = url;
        }
    }

    public Uri? UrlOf(NodeName name) => _links.GetValueOrDefault(name)?.Url;

    /// <summary>Never waits.</summary>
    /// <param name="fill">For a batch: the message with its entries; null: it is pointless now.</param>
    /// <param name="fillsElsewhere">On another thread, for it takes long; else what leaves leaves at once.</param>
    public void Send(Send send, Func<AppendRequest, AppendRequest?> fill, Action<Input> answer, bool fillsElsewhere = false)
    {
        if (_links.GetValueOrDefault(send.To) is not { Url: not null } link || !(send.IsBatch || link.TryBegin(MostSingle)))
        {
            answer(new Unanswered(send.To, send.Sequence));
            return;
        }

        var cancellation = send.IsBatch ? link.BeginBatch() : default;
        Task<Response?> Exchange() =>
            send.IsBatch ? SendBatch(link, (AppendRequest)send.Request, fill, cancellation) : SendOnce(link, send.Request);
        _ = Finish(link, send, fillsElsewhere ? Task.Run(Exchange, CancellationToken.None) : Exchange(), answer);
    }

    /// <summary>Null: the peer does not answer within the time limit.</summary>
    public async Task<PeerStatus?> Status(NodeName name, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (UrlOf(name) is not { } url)
        {
            return null;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(limit);
        try
        {
            using var request = Message(HttpMethod.Get, new(url, PeerRoutes.Status));
            using var response = await _single.SendAsync(request, patience.Token);
            return response.IsSuccessStatusCode
                ? await response.Content.ReadFromJsonAsync<PeerStatus>(patience.Token)
                : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>A leader that stepped down must not be heard any longer: retries of its batches would be.</summary>
    public void DropBatches()
    {
        foreach (var link in _links.Values)
        {
            link.DropBatch();
        }
    }

    public void Dispose()
    {
        _batches.Dispose();
        _single.Dispose();
        _snapshots.Dispose();
    }

    private static SocketsHttpHandler Handler(ReplicationOptions options) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = options.ElectionSilence,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
    };

    private static HttpClient Client(HttpMessageHandler handler) => new(handler)
    {
        // Every exchange brings its own time limit.
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MostResponseBytes,
    };

    /// <summary>Null: given up here, which says nothing of the peer.</summary>
    private async Task<Response?> SendBatch(
        PeerLink link, AppendRequest append, Func<AppendRequest, AppendRequest?> fill, CancellationToken replaced)
    {
        if (fill(append) is not { } filled)
        {
            return null;
        }

        try
        {
            var bytes = WireFormat.Encode(filled);
            return await link.Batches.ExecuteAsync(
                async attempt => await Exchange(_batches, link, filled, bytes, attempt), replaced);
        }
        catch (BrokenCircuitException)
        {
            return null;
        }
        catch (OperationCanceledException) when (replaced.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<Response?> SendOnce(PeerLink link, Request request)
    {
        var limit = request is VoteRequest ? _options.CampaignLimit : _options.QuorumTimeout;
        using var patience = new CancellationTokenSource(limit, _time);
        try
        {
            return await Exchange(_single, link, request, WireFormat.Encode(request), patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"nothing within {limit.TotalMilliseconds:0} ms");
        }
        finally
        {
            link.End();
        }
    }

    private async Task<Response> Exchange(
        HttpClient client, PeerLink link, Request request, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        using var message = Message(HttpMethod.Post, new(link.Url!, PeerRoutes.For(request)));
        message.Content = new ReadOnlyMemoryContent(bytes);
        using var answer = await client.SendAsync(message, cancellation);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException($"{link.Name} answered {(int)answer.StatusCode}", null, answer.StatusCode);
        }

        var response = WireFormat.DecodeResponse(await answer.Content.ReadAsByteArrayAsync(cancellation));
        return PeerRoutes.Answers(request, response)
            ? response
            : throw new WireException($"{response.GetType().Name} is no answer to {request.GetType().Name}");
    }

    private HttpRequestMessage Message(HttpMethod method, Uri url)
    {
        var message = new HttpRequestMessage(method, url);
        message.Headers.TryAddWithoutValidation(PeerSecret.FromHeader, _self.Value);
        _secret.Show(message);
        return message;
    }

    /// <summary>The one place where an exchange ends, however it ends.</summary>
    private async Task Finish(PeerLink link, Send send, Task<Response?> exchange, Action<Input> answer)
    {
        Response? response = null;
        try
        {
            response = await exchange;
            if (response is not null)
            {
                var stranger = response is RefusedResponse { Why: RequestRefusal.OtherCluster };
                Notice(link, stranger ? PeerStanding.OtherCluster : PeerStanding.Answers);
            }
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.Unauthorized)
        {
            Notice(link, PeerStanding.RefusesSecret);
        }
        catch (WireException e)
        {
            Notice(link, PeerStanding.Garbled, e.Message);
        }
        catch (Exception e)
        {
            // Whatever else ends an exchange is an outage: the replica is told, and nothing may escape it.
            Notice(link, PeerStanding.Silent, e.Message);
        }

        answer(response is null ? new Unanswered(send.To, send.Sequence) : new Answered(send.To, send.Sequence, response));
    }

    private void Notice(PeerLink link, PeerStanding standing, string? detail = null)
    {
        if (!link.Notice(standing))
        {
            return;
        }

        switch (standing)
        {
            case PeerStanding.Answers:
                _log.PeerAnswers(link.Name);
                break;
            case PeerStanding.RefusesSecret:
                _log.PeerRefusesSecret(link.Name, link.Url);
                Trouble?.Invoke($"{link.Name} refuses this node's Cluster:Secret.");
                break;
            case PeerStanding.OtherCluster:
                _log.PeerOfOtherCluster(link.Name, link.Url);
                Trouble?.Invoke($"{link.Name} belongs to another cluster.");
                break;
            case PeerStanding.Garbled:
                _log.PeerGarbled(link.Name, detail);
                Trouble?.Invoke($"{link.Name} does not speak this node's language: {detail}.");
                break;
            default:
                _log.PeerSilent(link.Name, detail);
                break;
        }
    }
}
