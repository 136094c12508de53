using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text.Json;
using RestReplicas.Storage;
using Xunit;

namespace RestReplicas.Tests.Documents.Feeds;

/// <summary>
/// Readers of the change feed that take nothing of what is sent. While a reader's socket is full, no event gets to it, not
/// even one that says why it ends; only who takes something again, but is too far behind, is told by <c>dropped</c>.
/// </summary>
[Collection(Alone.Name)]
public sealed class SlowReaderTests : IDisposable
{
    private const int Many = 300;
    private const int Size = 100_000;

    /// <summary>What the kernel takes on behalf of a reader that takes nothing (tcp_wmem, some megabytes), and what waits before that.</summary>
    private const int MostOnTheWay = Many * Size / 2;

    private static readonly string Large = $$"""{"x":"{{new string('x', Size)}}"}""";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restreplicas-");
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (context, cancelled) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
            await socket.ConnectAsync(context.DnsEndPoint, cancelled);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    public void Dispose()
    {
        _http.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_reader_that_takes_nothing_for_too_long_is_cut_off_and_goes_on_from_its_last_id_without_a_gap()
    {
        await using var node = await Start(("Changes:Readers", "1"), ("Changes:SendLimit", "00:00:00.500"), ("Storage:LogWindowBytes", $"{1 << 30}"));
        var log = node.Record();
        await using var slow = await Open(node);
        var seen = new List<SseItem<string>> { await slow.Next() };
        (await node.Get("/v1/_changes")).IsProblem(429, "overloaded"); // it has the only place

        var written = new List<string>();
        await Eventually.Holds(
            async () =>
            {
                written.Add(await Write(node));
                return log.Text.Contains("A reader of /v1/_changes (127.0.0.1) was dropped: it took nothing", StringComparison.Ordinal);
            },
            TestContext.Current.CancellationToken);
        await Eventually.Holds(async () => (await node.Get("/v1/_changes")).Status == 200, TestContext.Current.CancellationToken);

        // What was on its way still comes, then the connection breaks: no end that a client could take for one.
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true)
            {
                seen.Add(await slow.Next());
            }
        });
        Assert.All(seen, e => Assert.True(e.EventType is "message" or "bookmark", e.EventType));
        Assert.InRange(seen.Sum(e => (long)e.Data.Length), 0, MostOnTheWay);

        await using var again = await Subscription.Open(node, "/v1/_changes", ("Last-Event-ID", seen[^1].EventId!));
        var positions = seen.Where(e => e.EventType == "message").Select(e => e.EventId!).ToList();
        while (positions.Count < written.Count)
        {
            positions.Add((await again.NextChange()).GetProperty("position").GetString()!);
        }

        Assert.Equal(written, positions);
    }

    [Fact]
    public async Task A_reader_that_comes_back_too_late_is_told_that_it_is_dropped_and_why()
    {
        await using var node = await Start(("Changes:SendLimit", "00:10:00"), ("Storage:LogWindowBytes", "65536"), ("Storage:LogBytes", "65536"));
        var log = node.Record();
        await using var slow = await Open(node);
        var last = (await slow.Next()).EventId!;

        var written = await WriteMany(node);
        await Eventually.Holds(async () => (await node.Get($"/v1/_changes?since={written[Many / 2]}")).Status == 410, TestContext.Current.CancellationToken);
        var seen = new List<string>();
        SseItem<string> next;
        while ((next = await slow.Next()).EventType != "dropped")
        {
            (last, seen) = (next.EventId!, next.EventType == "message" ? [.. seen, next.EventId!] : seen);
        }

        await slow.Ends();
        Assert.Equal(written.Take(seen.Count), seen); // no gap before it
        var why = JsonDocument.Parse(next.Data).RootElement.GetProperty("reason").GetString();
        Assert.Equal($"The log here no longer holds what came after {last}.", why);
        Assert.Contains($"A reader of the changes was dropped: {why}", log.Text, StringComparison.Ordinal);
        (await node.Get("/v1/_changes", ("Accept", "text/event-stream"), ("Last-Event-ID", last))).IsProblem(410, "history-gone");
    }

    [Fact]
    public async Task What_is_held_for_readers_that_take_nothing_is_bounded_and_they_miss_nothing()
    {
        const int Readers = 20;
        await using var node = await Start(("Changes:SendLimit", "00:10:00"));
        var slow = new List<Subscription>();
        for (var i = 0; i < Readers; i++)
        {
            slow.Add(await Open(node));
            Assert.Equal("bookmark", (await slow[^1].Next()).EventType);
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var written = await WriteMany(node);
        var held = GC.GetTotalMemory(forceFullCollection: true) - before;

        // All of it would be twenty times that.
        Assert.True(held < Many * Size, $"{held >> 20} MiB are held for {Readers} readers");
        var seen = new List<string>();
        while (seen.Count < Many)
        {
            seen.Add((await slow[0].NextChange()).GetProperty("position").GetString()!);
        }

        Assert.Equal(written, seen);
        foreach (var reader in slow)
        {
            await reader.DisposeAsync();
        }
    }

    private Task<WebNode> Start(params (string Key, string Value)[] settings) => WebNode.StartAlone(
        _directory.FullName, [("Logging:LogLevel:RestReplicas.Documents.Feeds", "Warning"), ("Logging:Console:LogLevel:Default", "None"), .. settings]);

    /// <summary>Somebody who reads from the socket only what is asked for.</summary>
    private async Task<Subscription> Open(WebNode node)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{node.Url}/v1/_changes?include=document"));
        request.Headers.Accept.ParseAdd("text/event-stream");
        return await Subscription.Of(await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken));
    }

    private static async Task<string> Write(WebNode node) => (await node.Put("/v1/large/x", Large))["Replica-Position"]!;

    private static async Task<IReadOnlyList<string>> WriteMany(WebNode node)
    {
        var written = new List<string>();
        for (var i = 0; i < Many; i++)
        {
            written.Add(await Write(node));
        }

        return written;
    }
}
