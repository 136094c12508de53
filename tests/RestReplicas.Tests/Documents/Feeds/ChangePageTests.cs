using System.Text.Json;
using RestReplicas.Cluster;
using RestReplicas.Documents;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Documents.Feeds;

/// <summary>The change feed as JSON.</summary>
public class ChangePageTests(WebNodeFixture fixture) : IClassFixture<WebNodeFixture>
{
    private WebNode Node => fixture.Node;

    [Fact]
    public async Task Changes_come_in_commit_order_with_their_kind_version_and_time()
    {
        var since = await Now();
        var created = (await Node.Put("/v1/kinds/a", """{"n":1}""")).Is(201);
        var replaced = (await Node.Put("/v1/kinds/a", """{"n":2}""")).Is(200);
        var deleted = (await Node.Send("DELETE", "/v1/kinds/a")).Is(204);
        string[] positions = [created["Replica-Position"]!, replaced["Replica-Position"]!, deleted["Replica-Position"]!];

        var page = (await Node.Get($"/v1/kinds/_changes?since={since}")).Is(200);

        Assert.Equal(("no-store", "Accept"), (page["Cache-Control"], page["Vary"]));
        Assert.Equal((positions[2], positions[2], "False"), (page["Replica-Position"], page.Member("next"), page.Member("more")));
        var events = Events(page);
        Assert.Equal(positions, events.Select(e => e.GetProperty("position").GetString()));
        var changes = events.Select(e => Assert.Single(e.GetProperty("changes").EnumerateArray())).ToList();
        Assert.Equal(["created", "replaced", "deleted"], changes.Select(c => c.GetProperty("kind").GetString()));
        Assert.Equal(positions, changes.Select(c => c.GetProperty("version").GetString()));
        Assert.All(changes, c =>
        {
            Assert.Equal(("kinds", "a"), (c.GetProperty("collection").GetString(), c.GetProperty("id").GetString()));
            Assert.InRange(c.GetProperty("updatedAt").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow.AddMinutes(10));
            Assert.False(c.TryGetProperty("document", out _));
        });
    }

    [Theory]
    [InlineData("{\r\n\t\"z\" : 1e400 ,\"a\":[ 1.10, -0 ]\n}  \n")]
    [InlineData("""{"u":"\u00e9\ud83d\ude00\u0000\/","é":"😀"}""")]
    public async Task The_documents_are_in_it_as_they_were_sent_byte_by_byte(string json)
    {
        var since = await Now();
        (await Node.Put("/v1/feedbytes/x", json)).Is(201);
        (await Node.Send("DELETE", "/v1/feedbytes/x")).Is(204);

        var page = (await Node.Get($"/v1/_changes?since={since}&include=document")).Is(200);

        Assert.Contains($"\"document\":{json}}}", page.Text, StringComparison.Ordinal);
        Assert.Equal([true, false], Events(page).Select(e => e.GetProperty("changes")[0].TryGetProperty("document", out _)));
    }

    [Fact]
    public async Task What_changed_no_document_is_no_event_and_is_passed_by()
    {
        (await Node.Put("/v1/refused/x", "{}", ("Idempotency-Key", "feed"))).Is(201);
        var since = await Now();
        (await Node.Put("/v1/refused/x", "{}", ("If-None-Match", "*"))).Is(412);
        (await Node.Send("DELETE", "/v1/refused/none")).Is(404);
        (await Node.Put("/v1/refused/_indexes/numbers", """{"path":"n"}""")).Is(201);
        (await Node.Send("DELETE", "/v1/refused/_indexes/numbers")).Is(204);
        var last = (await Node.Put("/v1/refused/x", "{}", ("Idempotency-Key", "feed"))).Is(201);
        Assert.Equal("true", last["Idempotency-Replayed"]);

        var page = (await Node.Get($"/v1/_changes?since={since}")).Is(200);

        Assert.Empty(Events(page));
        Assert.NotEqual(since, page.Member("next"));
        Assert.Equal(await Now(), page.Member("next"));
    }

    [Fact]
    public async Task One_position_is_one_event_whatever_it_changed()
    {
        var since = await Now();
        var written = await Node.Node.Write(
            new(null, [Put("batchone", "a"), Put("batchtwo", "b"), new Change.Check("batchone", "c", new Condition.Absent()), Put("batchone", "d")]),
            Acks.Majority,
            TimeSpan.FromSeconds(60),
            TestContext.Current.CancellationToken);
        var position = Assert.IsType<WriteResult.Applied>(written).Position.ToString();

        Assert.Equal(["batchone/a", "batchtwo/b", "batchone/d"], await Changed("/v1/_changes"));
        Assert.Equal(["batchone/a", "batchone/d"], await Changed("/v1/batchone/_changes"));
        Assert.Equal(["batchtwo/b"], await Changed("/v1/batchtwo/_changes"));

        async Task<IEnumerable<string>> Changed(string url)
        {
            var committed = Assert.Single(Events((await Node.Get($"{url}?since={since}")).Is(200)));
            Assert.Equal(position, committed.GetProperty("position").GetString());
            return committed.GetProperty("changes").EnumerateArray().Select(c => $"{c.GetProperty("collection")}/{c.GetProperty("id")}");
        }

        static Change Put(string collection, string id) => new Change.Put(collection, id, null, "{}"u8.ToArray());
    }

    [Fact]
    public async Task Pages_lead_from_one_to_the_next_without_gap_or_repeat()
    {
        var since = await Now();
        var written = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            written.Add((await Node.Put($"/v1/pages/p{i}", "{}")).Is(201)["Replica-Position"]!);
            (await Node.Put($"/v1/otherpages/p{i}", "{}")).Is(201);
        }

        var seen = new List<string>();
        for (var more = true; more;)
        {
            var page = (await Node.Get($"/v1/pages/_changes?since={since}&limit=3")).Is(200);
            var events = Events(page);
            Assert.InRange(events.Count, 0, 3);
            seen.AddRange(events.Select(e => e.GetProperty("position").GetString()!));
            (since, more) = (page.Member("next")!, page.Json.GetProperty("more").GetBoolean());
        }

        Assert.Equal(written, seen);
        Assert.Equal(await Now(), since);
    }

    [Fact]
    public async Task A_long_poll_is_answered_by_the_next_change_of_its_collection()
    {
        var since = await Now();
        var poll = Node.Get($"/v1/polled/_changes?since={since}&wait=60000");
        (await Node.Put("/v1/notpolled/x", "{}")).Is(201);
        Assert.False(poll.IsCompleted);

        var position = (await Node.Put("/v1/polled/x", "{}")).Is(201)["Replica-Position"];

        var page = (await poll).Is(200);
        Assert.Equal(position, Assert.Single(Events(page)).GetProperty("position").GetString());
        Assert.Equal(position, page["Replica-Position"]);
    }

    [Fact]
    public async Task A_long_poll_in_which_nothing_happens_says_where_to_go_on()
    {
        var page = (await Node.Get("/v1/nothing/_changes?wait=200")).Is(200);

        Assert.Empty(Events(page));
        Assert.True(Position.TryParse(page.Member("next"), out var next) && next.Index > 0);
    }

    [Fact]
    public async Task From_the_beginning_all_is_told_that_is_still_held()
    {
        (await Node.Put("/v1/beginning/x", "{}")).Is(201);

        Assert.NotEmpty(Events((await Node.Get("/v1/beginning/_changes?since=0")).Is(200)));
    }

    [Fact]
    public async Task The_id_of_the_last_event_wins_over_since()
    {
        var first = (await Node.Put("/v1/lastids/x", "{}")).Is(201)["Replica-Position"]!;
        var second = (await Node.Put("/v1/lastids/y", "{}")).Is(201)["Replica-Position"];

        var page = (await Node.Get("/v1/lastids/_changes?since=0", ("Last-Event-ID", first))).Is(200);

        Assert.Equal(second, Assert.Single(Events(page)).GetProperty("position").GetString());
    }

    [Fact]
    public async Task A_head_has_the_headers_and_waits_for_nothing()
    {
        foreach (var accept in new[] { "application/json", "text/event-stream" })
        {
            var answer = (await Node.Send("HEAD", "/v1/_changes", ("Accept", accept))).Is(200);
            Assert.Equal((accept, "no-store", 0), (answer["Content-Type"], answer["Cache-Control"], answer.Bytes.Length));
        }

        (await Node.Send("HEAD", "/v1/_changes?wait=60000")).Is(200);
    }

    [Fact]
    public async Task A_position_of_another_history_is_told_to_be_one()
    {
        Assert.Equal("999.1", (await Node.Get("/v1/_changes?since=999.1")).IsProblem(409, "write-lost").Member("position"));
    }

    [Theory]
    [InlineData("/v1/9bad/_changes", "collection")]
    [InlineData("/v1/b%2Fd/_changes", "collection")]
    [InlineData("/v1/a'%3BDROP%20TABLE%20log%3B--/_changes", "collection")]
    [InlineData("/v1/_changes?since=", "since")]
    [InlineData("/v1/_changes?since=latest", "since")]
    [InlineData("/v1/_changes?since=NOW", "since")]
    [InlineData("/v1/_changes?since=-1", "since")]
    [InlineData("/v1/_changes?since=7", "since")]
    [InlineData("/v1/_changes?since=0.5", "since")]
    [InlineData("/v1/_changes?since=5.0", "since")]
    [InlineData("/v1/_changes?since=01.5", "since")]
    [InlineData("/v1/_changes?since=1.5%00", "since")]
    [InlineData("/v1/_changes?since=1.5%20", "since")]
    [InlineData("/v1/_changes?since=1.99999999999999999999", "since")]
    [InlineData("/v1/_changes?since=1.1%20OR%201=1", "since")]
    [InlineData("/v1/_changes?since=0&since=now", "since")]
    [InlineData("/v1/_changes?limit=0", "limit")]
    [InlineData("/v1/_changes?limit=1001", "limit")]
    [InlineData("/v1/_changes?limit=1.5", "limit")]
    [InlineData("/v1/_changes?limit=%2B1", "limit")]
    [InlineData("/v1/_changes?limit=1%00", "limit")]
    [InlineData("/v1/_changes?include=documents", "include")]
    [InlineData("/v1/_changes?include=document&include=document", "include")]
    [InlineData("/v1/_changes?wait=-1", "wait")]
    [InlineData("/v1/_changes?wait=60001", "wait")]
    [InlineData("/v1/_changes?wait=soon", "wait")]
    [InlineData("/v1/_changes?cursor=x", "cursor")]
    [InlineData("/v1/_changes?consistency=leader", "consistency")]
    public async Task What_is_not_understood_is_named(string url, string parameter)
    {
        Assert.Equal(parameter, (await Node.Get(url)).IsProblem(400, "invalid-request").Member("parameter"));
    }

    [Fact]
    public async Task A_stream_has_no_wait_and_its_ids_are_positions()
    {
        Assert.Equal("wait", (await Node.Get("/v1/_changes?wait=1", ("Accept", "text/event-stream"))).IsProblem(400, "invalid-request").Member("parameter"));
        foreach (var id in new[] { "", "now", "1.0", "x", "1.1, 1.2", new string('1', 4000) })
        {
            var problem = (await Node.Get("/v1/_changes", ("Last-Event-ID", id))).IsProblem(400, "invalid-request");
            Assert.Equal("Last-Event-ID", problem.Member("parameter"));
        }
    }

    [Theory]
    [InlineData("", "application/json")]
    [InlineData("*/*", "application/json")]
    [InlineData("application/*;q=0.1", "application/json")]
    [InlineData("text/html, application/json;q=0.9", "application/json")]
    [InlineData("text/event-stream", "text/event-stream")]
    [InlineData("TEXT/Event-Stream;charset=utf-8", "text/event-stream")]
    [InlineData("text/*", "text/event-stream")]
    [InlineData("application/json;q=0.5, text/event-stream", "text/event-stream")]
    [InlineData("application/json, text/event-stream;q=0", "application/json")]
    [InlineData("text/html", null)]
    [InlineData("application/json;q=0", null)]
    [InlineData("nonsense", null)]
    public async Task The_client_says_which_form_it_takes(string accept, string? type)
    {
        var answer = await Node.Send("HEAD", "/v1/_changes", ("Accept", accept));

        Assert.Equal((type is null ? 406 : 200, type ?? "application/problem+json"), (answer.Status, answer["Content-Type"]));
        if (type is null)
        {
            Assert.Equal("Accept", (await Node.Get("/v1/_changes", ("Accept", accept))).IsProblem(406, "not-acceptable").Member("parameter"));
        }
    }

    private static List<JsonElement> Events(Answer page) => [.. page.Json.GetProperty("events").EnumerateArray()];

    private async Task<string> Now() => (await Node.Get("/v1/_changes")).Is(200).Member("next")!;
}
