using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace RestReplicas.Documents.Feeds;

/// <summary>
/// An answer of server-sent events (HTML Living Standard §9.2), written with the reader's own speed: what it does not take is
/// not made.
/// </summary>
public sealed partial class ServerSentEvents
{
    public const string MediaType = "text/event-stream";

    /// <summary>So much is written before the socket is waited for.</summary>
    private const int Piece = 16 * 1024;

    /// <summary>How long a browser waits before it connects again.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly ArrayBufferWriter<byte> _data = new();
    private readonly PipeWriter _body;
    private readonly TimeSpan _limit;
    private int _unsent;
    private bool _isStuck;

    private ServerSentEvents(PipeWriter body, TimeSpan limit) => (_body, _limit) = (body, limit);

    /// <summary>Answers with what is written, until that ends, the reader is gone or too slow, or the node stops.</summary>
    /// <param name="limit">How long the socket may take nothing.</param>
    /// <param name="stopping">The node stops: the answer ends at once, and in order.</param>
    public static async Task Answer(
        HttpContext context, TimeSpan limit, ILogger log, Func<ServerSentEvents, CancellationToken, Task> write, CancellationToken stopping)
    {
        SetHeaders(context);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        var events = new ServerSentEvents(context.Response.BodyWriter, limit);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            events.Write($"retry: {Retry.TotalMilliseconds:F0}\n\n");
            await write(events, ending.Token);
            await events.Flush(ending.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !events._isStuck)
        {
            // Only whole events were sent; Kestrel sends the end.
        }
        catch (Exception e) when (e is TimeoutException || (e is OperationCanceledException && stopping.IsCancellationRequested))
        {
            LogDropped(log, context.Connection.RemoteIpAddress, context.Request.Path);
            context.Abort();
        }
    }

    /// <summary>That it lives, where there is nothing to say.</summary>
    public void Comment() => Write(":\n\n");

    /// <summary>To be sent by <see cref="Flush"/> at the latest.</summary>
    /// <param name="name">Null: <c>message</c>, which is what a browser calls an event without a name.</param>
    /// <param name="id">What a reader that connects again says it came to; null: that stays as it is.</param>
    /// <param name="members">Of the JSON object that is its data. Line ends inside become line feeds: no event has others.</param>
    public async ValueTask Send(string? name, string? id, Action<Utf8JsonWriter> members, CancellationToken cancelled)
    {
        _data.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_data))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        Write($"{(id is null ? "" : $"id: {id}\n")}{(name is null ? "" : $"event: {name}\n")}data: ");
        var data = _data.WrittenMemory;
        while (!data.IsEmpty)
        {
            var piece = data[..Math.Min(data.Length, Piece)];
            var end = piece.Span.IndexOfAny((byte)'\r', (byte)'\n');
            await Write(end < 0 ? piece : piece[..end], cancelled);
            if (end >= 0)
            {
                Write("\ndata: ");
                end += data.Span[end..].StartsWith("\r\n"u8) ? 2 : 1;
            }

            data = data[(end < 0 ? piece.Length : end)..];
        }

        Write("\n\n");
    }

    public async ValueTask Flush(CancellationToken cancelled)
    {
        if (_unsent == 0)
        {
            return;
        }

        _unsent = 0;
        var flush = _body.FlushAsync(cancelled);
        if (flush.IsCompleted)
        {
            await flush;
            return;
        }

        _isStuck = true;
        await flush.AsTask().WaitAsync(_limit, cancelled);
        _isStuck = false;
    }

    /// <summary>No cache keeps it, no proxy collects it, and its speed is watched here alone.</summary>
    private static void SetHeaders(HttpContext context)
    {
        context.Response.ContentType = MediaType;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private async ValueTask Write(ReadOnlyMemory<byte> bytes, CancellationToken cancelled)
    {
        _body.Write(bytes.Span);
        _unsent += bytes.Length;
        if (_unsent >= Piece)
        {
            await Flush(cancelled);
        }
    }

    private void Write(string text) => _unsent += (int)Encoding.UTF8.GetBytes(text, _body);

    [LoggerMessage(LogLevel.Warning, "A reader of {Path} ({Reader}) was dropped: it took nothing of what was sent for too long")]
    private static partial void LogDropped(ILogger log, IPAddress? reader, string path);
}
