using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using RestReplicas.Cluster;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Peers;

/// <summary>Takes the requests of peers: checks who asks, reads the message, and lets the node answer it.</summary>
internal sealed class PeerDesk(
    Node node, DocumentReader reader, SnapshotFiles snapshots, IOptions<ClusterOptions> cluster, IOptions<ReplicationOptions> replication, ILogger<PeerDesk> log)
{
    /// <summary>Names in the book of who was refused, so that each fault is logged once; a stranger cannot make it grow.</summary>
    private const int MostNames = 64;

    private readonly PeerSecret _secret = new(cluster.Value.Secret);
    private readonly int _messageBytes = replication.Value.MessageBytes;
    private readonly ConcurrentDictionary<string, string> _refused = new();

    // Step 5: the leader's batch arrives at a follower.
    public async Task Serve(HttpContext context)
    {
        if (!Admits(context))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var path = context.Request.Path.Value;
        if (HttpMethods.IsGet(context.Request.Method) && path == PeerRoutes.Status)
        {
            await context.Response.WriteAsJsonAsync(PeerStatus.Of(node.Status, node.Now), context.RequestAborted);
        }
        else if (HttpMethods.IsGet(context.Request.Method) && PeerRoutes.SnapshotAt(path) is { } id)
        {
            await SendSnapshot(context, id);
        }
        else if (HttpMethods.IsGet(context.Request.Method) && PeerRoutes.EntryAt(path) is { } position)
        {
            await SendEntry(context, position);
        }
        else if (HttpMethods.IsPost(context.Request.Method)
            && path is PeerRoutes.Append or PeerRoutes.PreVote or PeerRoutes.Vote or PeerRoutes.ReadIndex or PeerRoutes.Transfer or PeerRoutes.Announce)
        {
            await Answer(context, path);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    /// <summary>Whole, or the part that is asked for; a buffer of it at a time is in memory.</summary>
    private async Task SendSnapshot(HttpContext context, Guid id)
    {
        if (snapshots.Open(id) is { } file)
        {
            await Results.Stream(file, "application/octet-stream", enableRangeProcessing: true).ExecuteAsync(context);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    private async Task SendEntry(HttpContext context, Position position)
    {
        if (reader.AppliedEntry(position) is { } entry)
        {
            await Send(context, WireFormat.Encode(entry));
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    private static async Task Send(HttpContext context, ReadOnlyMemory<byte> bytes)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes.Length;
        await context.Response.BodyWriter.WriteAsync(bytes, context.RequestAborted);
    }

    private async Task Answer(HttpContext context, string path)
    {
        try
        {
            await AnswerWhole(context, path);
        }
        catch (Exception e) when (e is OperationCanceledException or BadHttpRequestException or IOException)
        {
            // The asker has gone, or its connection broke: it counts this as unanswered.
            context.Abort();
        }
    }

    private async Task AnswerWhole(HttpContext context, string path)
    {
        Request request;
        try
        {
            if (await Read(context) is not { } message)
            {
                return;
            }

            request = WireFormat.DecodeRequest(message);
            if (PeerRoutes.For(request) != path)
            {
                throw new WireException($"a {request.GetType().Name} on {path}");
            }
        }
        catch (WireException e)
        {
            if (IsNews(NameOf(context), e.Message))
            {
                log.RequestGarbled(NameOf(context), context.Connection.RemoteIpAddress, e.Message);
                node.Remark($"{NameOf(context)} does not speak this node's language: {e.Message}.");
            }

            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync(e.Message, context.RequestAborted);
            return;
        }

        Forgive(context);
        if (await node.Ask(request, context.RequestAborted) is not { } response)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        await Send(context, WireFormat.Encode(response));
    }

    /// <summary>The body, whole; null: refused, with a status. Memory is taken for what was announced, up to the limit.</summary>
    private async Task<ReadOnlyMemory<byte>?> Read(HttpContext context)
    {
        if (context.Request.ContentLength is not { } length)
        {
            context.Response.StatusCode = StatusCodes.Status411LengthRequired;
            return null;
        }

        if (length > _messageBytes)
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return null;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = _messageBytes;
        }

        var body = GC.AllocateUninitializedArray<byte>((int)length);
        await context.Request.Body.ReadExactlyAsync(body, context.RequestAborted);
        return body;
    }

    private bool Admits(HttpContext context)
    {
        if (_secret.Matches(context.Request.Headers[PeerSecret.Header]))
        {
            return true;
        }

        var name = NameOf(context);
        if (IsNews(name, "secret"))
        {
            log.SecretRefused(name, context.Connection.RemoteIpAddress);
            node.Remark($"{name} does not show this cluster's secret.");
        }

        return false;
    }

    private bool IsNews(string name, string fault)
    {
        if (_refused.TryGetValue(name, out var last) ? last == fault : _refused.Count >= MostNames)
        {
            return false;
        }

        _refused[name] = fault;
        return true;
    }

    private void Forgive(HttpContext context)
    {
        if (!_refused.IsEmpty && _refused.TryRemove(NameOf(context), out _))
        {
            log.RequestAccepted(NameOf(context), context.Connection.RemoteIpAddress);
        }
    }

    /// <summary>Who they say they are: for the log alone.</summary>
    private static string NameOf(HttpContext context)
    {
        var name = context.Request.Headers[PeerSecret.FromHeader].ToString();
        return NodeName.IsValid(name) ? name : "a client without a name";
    }
}
