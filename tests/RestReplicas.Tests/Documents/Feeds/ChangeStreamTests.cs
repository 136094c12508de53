using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Documents.Feeds;

/// <summary>The change feed as server-sent events, on nodes with limits of their own.</summary>
public sealed class ChangeStreamTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restreplicas-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Events_are_framed_as_browsers_read_them()
    {
        await using var node = await Start();
        var since = await Now(node);
        var first = (await node.Put("/v1/framed/a", "{\"a\":1,\r\n \"b\":2,\r\"c\":3,\n\"d\":4}")).Is(201)["Replica-Position"];
        var second = (await node.Put("/v1/framed/b", "{}")).Is(201)["Replica-Position"];

        using var response = await node.Open($"/v1/framed/_changes?since={since}&limit=2&include=document", ("Accept", "text/event-stream"), ("Accept-Encoding", "gzip, br"));

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Equal(("no-store", "no", "n1"), (response.Headers.CacheControl?.ToString(), Header("X-Accel-Buffering"), Header("Replica-Node")));
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var times = System.Text.RegularExpressions.Regex.Matches(text, "\"updatedAt\":\"([^\"]+)\"").Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(
            "retry: 1000\n\n"
            + $$$"""id: {{{first}}}{{{'\n'}}}data: {"position":"{{{first}}}","changes":[{"collection":"framed","id":"a","kind":"created","version":"{{{first}}}","updatedAt":"{{{times[0]}}}","document":{"a":1,{{{'\n'}}}data:  "b":2,{{{'\n'}}}data: "c":3,{{{'\n'}}}data: "d":4}}]}{{{"\n\n"}}}"""
            + $$$"""id: {{{second}}}{{{'\n'}}}data: {"position":"{{{second}}}","changes":[{"collection":"framed","id":"b","kind":"created","version":"{{{second}}}","updatedAt":"{{{times[1]}}}","document":{}}]}{{{"\n\n"}}}""",
            text);

        string Header(string name) => response.Headers.GetValues(name).Single();
    }

    [Fact]
    public async Task A_reader_that_comes_without_a_position_is_told_one_at_once()
    {
        await using var node = await Start();
        (await node.Put("/v1/books/before", "{}")).Is(201);
        var now = await Now(node);
        await using var stream = await Subscription.Open(node, "/v1/_changes");

        var bookmark = await stream.Next();
        var written = (await node.Put("/v1/books/after", "{}")).Is(201)["Replica-Position"];

        Assert.Equal(("bookmark", now), (bookmark.EventType, bookmark.EventId));
        Assert.Equal(written, (await stream.NextChange()).GetProperty("position").GetString());
    }

    [Fact]
    public async Task An_idle_stream_of_a_collection_moves_on_by_bookmarks()
    {
        await using var node = await Start(("Changes:Heartbeat", "00:00:00.050"));
        await using var stream = await Subscription.Open(node, "/v1/seldom/_changes");
        await stream.Next("bookmark");

        var other = Parse((await node.Put("/v1/often/x", "{}")).Is(201)["Replica-Position"]!);
        while (Parse((await stream.Next("bookmark")).GetProperty("position").GetString()!) < other)
        {
        }

        var since = Parse((await node.Put("/v1/seldom/x", "{}")).Is(201)["Replica-Position"]!);
        Assert.Equal(since, Parse((await stream.NextChange()).GetProperty("position").GetString()!));
    }

    [Fact]
    public async Task A_stream_in_which_nothing_happens_shows_that_it_lives()
    {
        await using var node = await Start(("Changes:Heartbeat", "00:00:00.050"));
        using var response = await node.Open("/v1/_changes", ("Accept", "text/event-stream"));
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        for (var comments = 0; comments < 3;)
        {
            comments += await lines.ReadLineAsync(TestContext.Current.CancellationToken) == ":" ? 1 : 0;
        }
    }

    [Fact]
    public async Task What_is_no_longer_held_is_gone_and_the_oldest_position_is_told()
    {
        await using var node = await Start(("Storage:LogWindowBytes", "65536"), ("Storage:LogBytes", "65536"));
        var body = $$"""{"x":"{{new string('x', 10_000)}}"}""";
        (await node.Put("/v1/old/x", body)).Is(201);
        await Eventually.Holds(
            async () =>
            {
                (await node.Put("/v1/old/x", body)).Is(200);
                return (await node.Get("/v1/old/_changes?since=0")).Status == 410;
            },
            TestContext.Current.CancellationToken);

        var oldest = "";
        Answer page = null!;
        await Eventually.Holds( // what the last write pushed out may go between the two questions
            async () =>
            {
                oldest = (await node.Get("/v1/old/_changes?since=0")).IsProblem(410, "history-gone").Member("oldest")!;
                return (page = await node.Get($"/v1/old/_changes?since={oldest}&limit=1")).Status == 200;
            },
            TestContext.Current.CancellationToken);
        var next = Parse(page.Json.GetProperty("events")[0].GetProperty("position").GetString()!);
        Assert.Equal(Parse(oldest).Index + 1, next.Index);
        (await node.Get("/v1/old/_changes?since=0", ("Accept", "text/event-stream"))).IsProblem(410, "history-gone");
    }

    [Fact]
    public async Task A_reader_whose_position_is_not_in_this_history_is_reset_and_can_go_on()
    {
        await using var node = await Start();
        (await node.Put("/v1/books/x", "{}")).Is(201);
        await using var stream = await Subscription.Open(node, "/v1/_changes?since=0", ("Last-Event-ID", "999.1"));

        var reset = await stream.Next();
        await stream.Ends();

        Assert.Equal(("reset", await Now(node)), (reset.EventType, reset.EventId));
        var written = (await node.Put("/v1/books/y", "{}")).Is(201)["Replica-Position"];
        await using var again = await Subscription.Open(node, "/v1/_changes?since=0", ("Last-Event-ID", reset.EventId!));
        Assert.Equal(written, (await again.NextChange()).GetProperty("position").GetString());
    }

    [Fact]
    public async Task A_position_that_may_come_is_waited_for()
    {
        await using var node = await Start(("Reads:TimeLimit", "00:00:00.300"));

        (await node.Get("/v1/_changes?since=9999.99999999")).IsProblem(504, "too-stale");
        (await node.Get("/v1/_changes?since=9999.99999999", ("Accept", "text/event-stream"))).IsProblem(504, "too-stale");
    }

    [Fact]
    public async Task More_readers_than_may_be_are_refused_until_one_leaves()
    {
        await using var node = await Start(("Changes:Readers", "1"), ("Changes:Heartbeat", "00:00:00.050"));
        await using (var stream = await Subscription.Open(node, "/v1/_changes"))
        {
            (await node.Get("/v1/_changes")).IsProblem(429, "overloaded");
            (await node.Get("/v1/_changes", ("Accept", "text/event-stream"))).IsProblem(429, "overloaded");
        }

        await Eventually.Holds(async () => (await node.Get("/v1/_changes")).Status == 200, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_node_that_stops_ends_its_readers_in_order()
    {
        await using var node = await Start();
        await using var stream = await Subscription.Open(node, "/v1/_changes");
        await stream.Next("bookmark");
        var poll = node.Get("/v1/nothing/_changes?wait=60000");
        await Eventually.Holds(async () => (await node.Get("/v1/_changes")).Status == 200, TestContext.Current.CancellationToken);

        var stop = node.Shutdown();
        await stream.Ends();
        Assert.Empty((await poll).Is(200).Json.GetProperty("events").EnumerateArray());
        await stop;
    }

    [Theory]
    [InlineData("0")] // nothing is shared: every reader reads the file
    [InlineData("2000")]
    [InlineData("8388608")]
    public async Task All_readers_see_every_change_once_and_in_order_however_little_is_kept_for_them(string tailBytes)
    {
        const int Changes = 300;
        await using var node = await Start(("Changes:TailBytes", tailBytes), ("Changes:ReadBytes", "1024"));
        var since = await Now(node);
        var readers = Enumerable.Range(0, 20).Select(i => Task.Run(async () =>
        {
            var seen = new List<Position>();
            await using var stream = await Subscription.Open(node, $"/v1/{(i % 2 == 0 ? "shared/" : "")}_changes?since={since}&include=document");
            while (seen.Count < Changes)
            {
                var change = await stream.NextChange();
                Assert.Equal($"{{\"n\":{seen.Count}}}", change.GetProperty("changes")[0].GetProperty("document").GetRawText());
                seen.Add(Parse(change.GetProperty("position").GetString()!));
            }

            return seen;
        })).ToList();
        var written = new List<Position>();
        for (var n = 0; n < Changes; n++)
        {
            written.Add(Parse((await node.Put("/v1/shared/x", $"{{\"n\":{n}}}"))["Replica-Position"]!));
        }

        Assert.All(await Task.WhenAll(readers), seen => Assert.Equal(written, seen));
    }

    private Task<WebNode> Start(params (string Key, string Value)[] settings) => WebNode.StartAlone(_directory.FullName, settings);

    private static async Task<string> Now(WebNode node) => (await node.Get("/v1/books/_changes")).Is(200).Member("next")!;

    private static Position Parse(string text) => Position.TryParse(text, out var position) ? position : throw new FormatException(text);
}
