using System.Text.Json;

namespace RestReplicas.Local.Verification;

/// <summary>What the nodes say of their whole state, all collections and what is kept beside them: at one index, one sum.</summary>
internal static class Digests
{
    /// <summary>For nodes to be at the same index at once; while others write, they may never be.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static async Task<IReadOnlyList<string>> Disagreements(Target node)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (true)
        {
            var said = await Ask(node);
            var disagreements = said.Where(s => s.Damage is not null).Select(s => $"{s.Name} says that its state is damaged: {s.Damage}")
                .Concat(said.GroupBy(s => (s.Index, s.Version)).Where(g => g.DistinctBy(s => s.Sum).Count() > 1)
                    .Select(g => $"nodes hold different states at index {g.Key.Index}: {string.Join(", ", g.Select(s => $"{s.Name} {s.Sum}"))}"))
                .ToList();
            if (disagreements.Count > 0 || said.DistinctBy(s => s.Index).Count() <= 1 || DateTime.UtcNow > deadline)
            {
                return disagreements;
            }

            await Task.Delay(Pause);
        }
    }

    private static async Task<IReadOnlyList<(string Name, long Index, int Version, string Sum, string? Damage)>> Ask(Target node)
    {
        using var picture = JsonDocument.Parse(await node.Http.GetStringAsync(new Uri("/cluster", UriKind.Relative)));
        return
        [
            .. picture.RootElement.GetProperty("nodes").EnumerateArray()
                .Where(n => n.TryGetProperty("digest", out var digest) && digest.ValueKind == JsonValueKind.Object)
                .Select(n => (
                    n.GetProperty("name").GetString()!,
                    n.GetProperty("digest").GetProperty("index").GetInt64(),
                    n.GetProperty("digest").GetProperty("version").GetInt32(),
                    n.GetProperty("digest").GetProperty("sum").GetString()!,
                    n.TryGetProperty("damage", out var damage) ? damage.GetString() : null)),
        ];
    }
}
