using System.Net.ServerSentEvents;
using System.Text.Json;
using Xunit;

namespace RestReplicas.Tests.Documents.Feeds;

/// <summary>Somebody who reads server-sent events, by .NET's parser.</summary>
internal sealed class Subscription : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private Subscription(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _events = SseParser.Create(body).EnumerateAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
    }

    public HttpResponseMessage Response => _response;

    public static async Task<Subscription> Open(WebNode node, string path, params (string Name, string Value)[] headers)
    {
        return await Of(await node.Open(path, [.. headers, ("Accept", "text/event-stream")]));
    }

    /// <summary>Reads what is answered only as it is asked for.</summary>
    public static async Task<Subscription> Of(HttpResponseMessage response)
    {
        Assert.Equal(("text/event-stream", 200), (response.Content.Headers.ContentType?.ToString(), (int)response.StatusCode));
        return new(response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    public async Task<SseItem<string>> Next()
    {
        Assert.True(await _events.MoveNextAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken), "the stream has ended");
        return _events.Current;
    }

    /// <summary>Of that kind, and its data.</summary>
    public async Task<JsonElement> Next(string kind)
    {
        var next = await Next();
        Assert.True(next.EventType == kind, $"{next.EventType} {next.EventId}: {next.Data}");
        return JsonDocument.Parse(next.Data).RootElement;
    }

    /// <summary>The next event that is a change; bookmarks on the way are passed by.</summary>
    public async Task<JsonElement> NextChange()
    {
        SseItem<string> next;
        while ((next = await Next()).EventType == "bookmark")
        {
        }

        Assert.Equal("message", next.EventType);
        var change = JsonDocument.Parse(next.Data).RootElement;
        Assert.Equal(next.EventId, change.GetProperty("position").GetString());
        return change;
    }

    /// <summary>In order: what came before is events, and the end is one, not a broken connection.</summary>
    public async Task Ends()
    {
        while (await _events.MoveNextAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken))
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        _response.Dispose(); // first: a reading under way ends by that
        await Task.CompletedTask;
    }
}
