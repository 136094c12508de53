using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using RestReplicas.Cluster.Tests.Checking;

namespace RestReplicas.Cluster.Tests.Campaigns;

/// <summary>
/// Asks for one thing after the other, of a node drawn anew each time, and records what it asked and was told. A write is
/// repeated only under an idempotency key; then the whole series is one operation.
/// </summary>
internal sealed class RecordingClient(string name, int seed, IReadOnlyList<Uri> nodes, string collection, Func<TimeSpan> clock) : IDisposable
{
    private const int MostHops = 5;
    private const int MostTries = 4;
    private const int KeysAtOnce = 4;

    /// <summary>Few enough operations on each key for the search to be short.</summary>
    private static readonly TimeSpan KeysChange = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan PauseWhenRefused = TimeSpan.FromMilliseconds(60);
    private static readonly int[] Bounds = [0, 50, 200, 1_000];

    private readonly Random _random = new(seed);
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    private readonly Dictionary<string, (string? Value, Spot? Version)> _known = [];
    private Spot? _highest;
    private int _number;

    public ConcurrentQueue<Operation> Operations { get; } = [];

    public async Task Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var done = await One();
            Operations.Enqueue(done);
            Learn(done);
            await Task.WhenAny(Task.Delay(done.Ending == Ending.Never ? PauseWhenRefused : Pause, stop));
        }
    }

    public void Dispose() => _http.Dispose();

    private Task<Operation> One()
    {
        _number++;
        var key = string.Create(CultureInfo.InvariantCulture, $"k{(int)(clock() / KeysChange)}-{_random.Next(KeysAtOnce)}");
        var asked = new Operation { Client = name, Key = key, Asked = Asked.Put, Sent = clock(), Ended = clock() };
        var put = asked with { Value = string.Create(CultureInfo.InvariantCulture, $"{name}-{_number}") };
        var delete = asked with { Asked = Asked.Delete };
        var read = asked with { Asked = Asked.Read };
        return _random.Next(100) switch
        {
            < 12 => Write(put, "majority"),
            < 22 => Write(Conditional(put), "majority"),
            < 34 => Write(put, "leader"),
            < 39 => Write(Conditional(put), "all"),
            < 45 => Keyed(put),
            < 48 => Write(delete, "majority"),
            < 52 => Write(Conditional(delete), "majority"),
            < 70 => Read(read with { Level = Level.Linearizable }, "consistency=linearizable"),
            < 84 when _highest is { } position => Read(read with { MinPosition = position }, $"minPosition={position}"),
            < 92 => Bounded(read, Bounds[_random.Next(Bounds.Length)]),
            < 95 => Read(read with { Level = Level.Leader }, "consistency=leader"),
            _ => Read(read, ""),
        };
    }

    /// <summary>On condition of what this client saw there last.</summary>
    private Operation Conditional(Operation write) => !_known.TryGetValue(write.Key, out var seen)
        ? write.Asked == Asked.Put ? write with { IfAbsent = true } : write
        : seen.Value is null
            ? write.Asked == Asked.Put ? write with { IfAbsent = true } : write
            : write with { IfValue = seen.Value, Current = seen.Version };

    private Task<Operation> Bounded(Operation read, int bound) => Read(
        read with { MaxStaleness = TimeSpan.FromMilliseconds(bound) }, string.Create(CultureInfo.InvariantCulture, $"maxStaleness={bound}"));

    private void Learn(Operation done)
    {
        if (done.ToldLost)
        {
            _highest = null;
            return;
        }

        if (done.At is { } at && done.Ending != Ending.Never && (_highest is not { } highest || at.Index > highest.Index || at.Term > highest.Term))
        {
            _highest = at;
        }

        if (done.Ending == Ending.Done)
        {
            _known[done.Key] = (done.Value, done.Writes ? done.At : done.Version);
        }
        else if (done.Ending == Ending.Declined)
        {
            _known.Remove(done.Key);
        }
    }

    private async Task<Operation> Keyed(Operation write)
    {
        var first = write.Sent;
        var told = await Write(write, "majority", idempotencyKey: write.Value);
        for (var tries = 1; told.Ending == Ending.Unknown && tries < MostTries; tries++)
        {
            var again = await Write(write with { Sent = clock() }, "majority", idempotencyKey: write.Value);
            told = again.Ending == Ending.Never ? told with { Ended = again.Ended } : again;
        }

        // Of several copies nobody knows which was the first; so an open one has no position to look up.
        return told with { Sent = first, At = told.Ending == Ending.Unknown ? null : told.At };
    }

    private async Task<Operation> Write(Operation write, string acks, string? idempotencyKey = null)
    {
        var version = write.Current;
        write = write with { Current = null };
        var uri = new Uri(Anyone(), $"/v1/{collection}/{write.Key}?acks={acks}&timeout={_random.Next(2) switch { 0 => 500, _ => 2_000 }}");
        try
        {
            for (var hop = 0; hop < MostHops; hop++)
            {
                // A delete has content too, if empty: what has none HttpClient repeats by itself when a connection breaks,
                // and then nobody listens, although the first copy was done.
                using var request = new HttpRequestMessage(write.Asked == Asked.Put ? HttpMethod.Put : HttpMethod.Delete, uri)
                {
                    Content = write.Asked == Asked.Put
                        ? new StringContent($$"""{"value":"{{write.Value}}"}""", Encoding.UTF8, "application/json")
                        : new ByteArrayContent([]),
                };

                if (version is { } expected)
                {
                    request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{expected}\""));
                }

                if (write.IfAbsent)
                {
                    request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
                }

                if (idempotencyKey is not null)
                {
                    request.Headers.Add("Idempotency-Key", $"\"{collection}-{idempotencyKey}\"");
                }

                using var answer = await _http.SendAsync(request);
                if (answer.StatusCode == HttpStatusCode.TemporaryRedirect)
                {
                    uri = new Uri(uri, answer.Headers.Location!);
                    continue;
                }

                var told = await Answers.OfWrite(write, answer);
                return told with { Ended = clock() };
            }

            return write with { Ending = Ending.Never, Ended = clock() };
        }
        catch (HttpRequestException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return write with { Ending = Ending.Never, Ended = clock() };
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            return write with { Ending = Ending.Unknown, Ended = clock() };
        }
    }

    private async Task<Operation> Read(Operation read, string query)
    {
        var uri = new Uri(Anyone(), $"/v1/{collection}/{read.Key}?timeout=1500&{query}".TrimEnd('&'));
        try
        {
            for (var hop = 0; hop < MostHops; hop++)
            {
                read = read with { Sent = clock() };
                using var answer = await _http.GetAsync(uri);
                if (answer.StatusCode == HttpStatusCode.TemporaryRedirect)
                {
                    uri = new Uri(uri, answer.Headers.Location!);
                    continue;
                }

                var told = await Answers.OfRead(read, answer);
                return told with { Ended = clock() };
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            // A read that was not answered tells nothing.
        }

        return read with { Ending = Ending.Never, Ended = clock() };
    }

    private Uri Anyone() => nodes[_random.Next(nodes.Count)];
}
