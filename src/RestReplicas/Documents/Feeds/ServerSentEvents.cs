using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace RestReplicas.Documents.Feeds;

/// <summary>
/// One answer of server-sent events (HTML Living Standard §9.2), written with the reader's own speed: what it does not take
/// is not made. Throws <see cref="TimeoutException"/> where its socket takes nothing within the limit.
/// </summary>
/// <param name="limit">For one piece.</param>
public sealed class ServerSentEvents(PipeWriter body, TimeSpan limit)
{
    public const string MediaType = "text/event-stream";

    /// <summary>So much is written before the socket is waited for.</summary>
    private const int Piece = 16 * 1024;

    private int _unsent;

    /// <summary>The socket takes nothing now: no end can be sent either.</summary>
    public bool IsStuck { get; private set; }

    /// <summary>Sends the headers of an answer that no cache keeps, no proxy collects, and whose speed is watched here alone.</summary>
    public static ServerSentEvents Begin(HttpContext context, TimeSpan limit)
    {
        var response = context.Response;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        return new(response.BodyWriter, limit);
    }

    /// <summary>How long a browser waits before it connects again.</summary>
    public void Retry(TimeSpan pause) => Write($"retry: {pause.TotalMilliseconds:F0}\n\n");

    public void Comment() => Write(":\n\n");

    /// <param name="name">Null: <c>message</c>, which is what a browser calls an event without a name.</param>
    /// <param name="id">What a reader that connects again says it came to; null: that stays as it is.</param>
    /// <param name="data">UTF-8. Line ends inside become line feeds: no event has others.</param>
    public async ValueTask Send(string? name, string? id, ReadOnlyMemory<byte> data, CancellationToken cancelled)
    {
        Write($"{(id is null ? "" : $"id: {id}\n")}{(name is null ? "" : $"event: {name}\n")}data: ");
        while (!data.IsEmpty)
        {
            var piece = data[..Math.Min(data.Length, Piece)];
            var end = piece.Span.IndexOfAny((byte)'\r', (byte)'\n');
            await Write(end < 0 ? piece : piece[..end], cancelled);
            if (end >= 0)
            {
                Write("\ndata: ");
                var isPair = data.Span[end] == '\r' && end + 1 < data.Length && data.Span[end + 1] == '\n';
                end += isPair ? 2 : 1;
            }

            data = data[(end < 0 ? piece.Length : end)..];
        }

        Write("\n\n");
    }

    public async ValueTask Flush(CancellationToken cancelled)
    {
        _unsent = 0;
        var flush = body.FlushAsync(cancelled);
        if (flush.IsCompleted)
        {
            await flush;
        }
        else
        {
            IsStuck = true;
            await flush.AsTask().WaitAsync(limit, cancelled);
            IsStuck = false;
        }
    }

    private async ValueTask Write(ReadOnlyMemory<byte> bytes, CancellationToken cancelled)
    {
        body.Write(bytes.Span);
        _unsent += bytes.Length;
        if (_unsent >= Piece)
        {
            await Flush(cancelled);
        }
    }

    private void Write(string text) => _unsent += (int)Encoding.UTF8.GetBytes(text, body);
}
