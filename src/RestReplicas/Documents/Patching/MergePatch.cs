using System.Text.Json;

namespace RestReplicas.Documents.Patching;

/// <summary>JSON Merge Patch (RFC 7396): what is named is set, or with null removed; all else stays.</summary>
public static class MergePatch
{
    public const string MediaType = "application/merge-patch+json";

    /// <param name="target">Null: there is nothing yet.</param>
    public static JsonValue Apply(JsonValue? target, JsonValue patch)
    {
        if (patch.Kind != JsonValueKind.Object)
        {
            return patch;
        }

        List<JsonMember> members = target is { Kind: JsonValueKind.Object } ? [.. target.Members] : [];
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var at = 0; at < members.Count; at++)
        {
            places.Add(members[at].Name!, at);
        }

        var removed = new HashSet<int>();
        foreach (var (key, name, value) in patch.Members)
        {
            var known = places.TryGetValue(name!, out var at);
            if (value.Kind == JsonValueKind.Null)
            {
                _ = known && removed.Add(at);
            }
            else if (known)
            {
                members[at] = members[at] with { Value = Apply(members[at].Value, value) };
            }
            else
            {
                members.Add(new(key, name, Apply(null, value)));
            }
        }

        return JsonValue.ObjectOf(removed.Count == 0 ? members : [.. members.Where((_, at) => !removed.Contains(at))]);
    }
}
