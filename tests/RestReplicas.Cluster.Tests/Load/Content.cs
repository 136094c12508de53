using System.Net.Http.Headers;
using System.Text.Json;

namespace RestReplicas.Cluster.Tests.Load;

/// <summary>A document as a list shows it: version and the stored bytes.</summary>
internal sealed record Stored(string Version, string Body);

/// <summary>What one node holds.</summary>
internal static class Content
{
    private static readonly TimeSpan CatchUpLimit = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The same collection from every node, each at a state that has everything written before: a last write through the
    /// leader gives a position, and each node is read from there on.
    /// </summary>
    public static async Task<IReadOnlyList<Dictionary<string, Stored>>> OfAll(TestCluster cluster, string collection)
    {
        var leader = await cluster.Leader();
        using var body = new StringContent("{}", new MediaTypeHeaderValue("application/json"));
        using var answer = await leader.Http.PutAsync("/v1/last/write", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var position = answer.Headers.GetValues("Replica-Position").Single();
        var contents = new List<Dictionary<string, Stored>>();
        foreach (var node in cluster.Nodes)
        {
            contents.Add(await Of(node, collection, position));
        }

        return contents;
    }

    public static async Task<Dictionary<string, Stored>> Of(ReplicaProcess node, string collection, string position)
    {
        await Eventually.Holds(
            async () =>
            {
                using var answer = await node.Http.GetAsync($"/v1/last/write?minPosition={position}");
                return answer.IsSuccessStatusCode; // else 307: not there yet
            },
            CatchUpLimit,
            () => $"{node.Name} reaches {position}");
        var content = new Dictionary<string, Stored>();
        for (var next = $"/v1/{collection}?limit=1000"; next is not null;)
        {
            using var answer = await node.Http.GetAsync(next);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, $"{node.Name} {next}: {(int)answer.StatusCode} {text}");
            using var page = JsonDocument.Parse(text);
            foreach (var item in page.RootElement.GetProperty("items").EnumerateArray())
            {
                content.Add(
                    item.GetProperty("id").GetString()!,
                    new(item.GetProperty("version").GetString()!, item.GetProperty("document").GetRawText()));
            }

            next = page.RootElement.GetProperty("next") is { ValueKind: JsonValueKind.String } cursor
                ? $"/v1/{collection}?limit=1000&cursor={Uri.EscapeDataString(cursor.GetString()!)}"
                : null;
        }

        return content;
    }
}
