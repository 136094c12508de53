using System.Net;
using System.Net.Http.Headers;
using RestReplicas.Protocol;

namespace RestReplicas.Peers;

// Snapshots come in streams, on connections of their own: what is large must not make heartbeats late.
public sealed partial class PeerClient
{
    private const int ChunkBytes = 128 * 1024;

    /// <summary>
    /// Reads the rest of a snapshot: what <paramref name="into"/> holds already is not asked for again, nor is what came
    /// before a connection broke. Throws when several attempts in a row have failed.
    /// </summary>
    /// <param name="received">After every piece, with what is there by now.</param>
    internal async Task FetchSnapshot(
        NodeName from, Snapshot snapshot, Stream into, Action<long> received, CancellationToken cancellationToken)
    {
        if (_links.GetValueOrDefault(from) is not { Url: { } url } link)
        {
            throw new HttpRequestException($"nobody said where {from} is");
        }

        for (long before = -1; into.Length < snapshot.Bytes && into.Length > before;)
        {
            // It goes on as long as it goes on, if slowly: only a peer that brings nothing is given up.
            before = into.Length;
            await link.Snapshots.ExecuteAsync(
                async attempt => await Receive(new(url, PeerRoutes.Snapshot(snapshot.Id)), snapshot.Bytes, into, received, attempt),
                cancellationToken);
        }
    }

    /// <summary>A committed entry, from the first peer that has it intact; null: none has, of those that answer.</summary>
    internal async Task<Entry?> FetchEntry(Position position)
    {
        foreach (var link in _links.Values.Where(link => link.Url is not null))
        {
            using var patience = new CancellationTokenSource(_options.BatchLimit, _time);
            try
            {
                using var request = Message(HttpMethod.Get, new(link.Url!, PeerRoutes.Entry(position)));
                using var response = await _snapshots.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    await response.Content.LoadIntoBufferAsync(_options.MessageBytes, patience.Token);
                    var entry = WireFormat.DecodeEntry(await response.Content.ReadAsByteArrayAsync(patience.Token));
                    if (entry.Position == position)
                    {
                        return entry;
                    }
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or WireException or OperationCanceledException)
            {
                // Another one may have it.
            }
        }

        return null;
    }

    /// <summary>False: it broke off, but not before something came.</summary>
    private async Task<bool> Receive(Uri url, long bytes, Stream into, Action<long> received, CancellationToken cancellation)
    {
        var before = into.Length;
        try
        {
            await ReceiveAll(url, bytes, into, received, cancellation);
            return true;
        }
        catch (Exception e) when (PeerLink.IsWorthARetry(e) && into.Length > before)
        {
            return false;
        }
    }

    private async Task ReceiveAll(Uri url, long bytes, Stream into, Action<long> received, CancellationToken cancellation)
    {
        using var stall = new CancellationTokenSource(_options.BatchLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stall.Token, cancellation);
        try
        {
            using var request = Message(HttpMethod.Get, url);
            request.Headers.Range = into.Length == 0 ? null : new(into.Length, null);
            using var response = await _snapshots.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            Begin(response, bytes, into);
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            var chunk = new byte[ChunkBytes];
            for (int read; into.Length < bytes && (read = await body.ReadAsync(chunk, either.Token)) > 0;)
            {
                stall.CancelAfter(_options.BatchLimit);
                await into.WriteAsync(chunk.AsMemory(0, read), either.Token);
                received(into.Length);
            }
        }
        catch (OperationCanceledException) when (stall.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"nothing came within {_options.BatchLimit.TotalMilliseconds:0} ms");
        }
    }

    /// <summary>Whatever comes must be what is missing, no more and no less.</summary>
    private static void Begin(HttpResponseMessage response, long bytes, Stream into)
    {
        if (response.StatusCode == HttpStatusCode.OK)
        {
            into.SetLength(0);
        }
        else if (response.StatusCode != HttpStatusCode.PartialContent)
        {
            throw new HttpRequestException($"the answer is {(int)response.StatusCode}", null, response.StatusCode);
        }

        var range = response.Content.Headers.ContentRange ?? new ContentRangeHeaderValue(0, bytes - 1, bytes);
        if (range.From != into.Length || range.Length != bytes || response.Content.Headers.ContentLength != bytes - into.Length)
        {
            throw new InvalidDataException($"{response.Content.Headers.ContentLength} bytes from {range.From} of {range.Length} are not what is missing");
        }

        into.Seek(0, SeekOrigin.End);
    }
}
