using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace RestReplicas.Local.Verification;

/// <summary>A node of the cluster under examination.</summary>
/// <param name="Http">Talks to this node only: redirects are answers.</param>
internal sealed record Target(string Name, HttpClient Http);

/// <summary>A document as a list shows it: version and the stored bytes.</summary>
internal sealed record Stored(string Version, string Body);

/// <summary>What each node holds of one collection.</summary>
internal static class NodeContent
{
    /// <summary>The document that is written last.</summary>
    public const string Last = "end";

    private const int PageSize = 1000;
    private static readonly TimeSpan CatchUpLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// From every node at a state that has everything written before: a last write gives a position, and each node is
    /// read from there on. The document of that last write is among what it holds, unless the write was lost.
    /// </summary>
    public static async Task<IReadOnlyList<Dictionary<string, Stored>>> OfAll(IReadOnlyList<Target> nodes, string collection)
    {
        var position = await WriteLast(nodes, collection);
        var contents = new List<Dictionary<string, Stored>>();
        foreach (var node in nodes)
        {
            await Until(
                () => HasReached(node, $"/v1/{collection}/{Last}?minPosition={position}"),
                $"{node.Name} does not reach {position}, which was written when all clients had stopped");
            contents.Add(await Of(node, collection));
        }

        return contents;
    }

    public static async Task<Dictionary<string, Stored>> Of(Target node, string collection)
    {
        var content = new Dictionary<string, Stored>();
        var first = string.Create(CultureInfo.InvariantCulture, $"/v1/{collection}?limit={PageSize}");
        for (var next = first; next is not null;)
        {
            using var answer = await node.Http.GetAsync(next);
            var text = await answer.Content.ReadAsStringAsync();
            if (!answer.IsSuccessStatusCode)
            {
                throw new HttpRequestException($"{node.Name} answers {(int)answer.StatusCode} to {next}: {text}");
            }

            using var page = JsonDocument.Parse(text);
            foreach (var item in page.RootElement.GetProperty("items").EnumerateArray())
            {
                content.Add(
                    item.GetProperty("id").GetString()!,
                    new(item.GetProperty("version").GetString()!, item.GetProperty("document").GetRawText()));
            }

            next = page.RootElement.GetProperty("next") is { ValueKind: JsonValueKind.String } cursor
                ? $"{first}&cursor={Uri.EscapeDataString(cursor.GetString()!)}"
                : null;
        }

        return content;
    }

    private static async Task<string> WriteLast(IReadOnlyList<Target> nodes, string collection)
    {
        var position = "";
        var turn = 0;
        await Until(
            async () =>
            {
                var node = nodes[turn++ % nodes.Count];
                var uri = new Uri(node.Http.BaseAddress!, $"/v1/{collection}/{Last}");
                for (var hop = 0; hop < nodes.Count; hop++)
                {
                    using var body = new StringContent(Answers.Document(Last), new MediaTypeHeaderValue("application/json"));
                    using var answer = await node.Http.PutAsync(uri, body);
                    if (answer.StatusCode == HttpStatusCode.TemporaryRedirect)
                    {
                        uri = new Uri(uri, answer.Headers.Location!);
                        continue;
                    }

                    position = answer.IsSuccessStatusCode ? answer.Headers.GetValues("Replica-Position").Single() : "";
                    break;
                }

                return position.Length > 0;
            },
            "no node takes a write any more, now that all clients have stopped");
        return position;
    }

    /// <summary>
    /// Whether there is a document (200), none (404), or the very position is lost (409 <c>write-lost</c>): a state that has not
    /// come so far answers none of these, but 307 or 503.
    /// </summary>
    private static async Task<bool> HasReached(Target node, string target)
    {
        using var answer = await node.Http.GetAsync(target);
        return answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound or HttpStatusCode.Conflict;
    }

    private static async Task Until(Func<Task<bool>> holds, string otherwise)
    {
        var deadline = DateTime.UtcNow + CatchUpLimit;
        while (!await Answered(holds))
        {
            if (DateTime.UtcNow > deadline)
            {
                throw new TimeoutException($"{otherwise} (within {CatchUpLimit.TotalSeconds:0} s).");
            }

            await Task.Delay(Pause);
        }
    }

    private static async Task<bool> Answered(Func<Task<bool>> question)
    {
        try
        {
            return await question();
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            return false;
        }
    }
}
