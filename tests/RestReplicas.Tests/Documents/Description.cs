using System.Text.Json;

namespace RestReplicas.Tests.Documents;

/// <summary>A node's OpenAPI document as clients read it: references are followed.</summary>
internal sealed class Description(JsonElement document)
{
    /// <summary>By method and path: <c>GET /v1/{collection}</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Operations { get; } = document.GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject().Select(operation => ($"{operation.Name.ToUpperInvariant()} {path.Name}", operation.Value)))
        .ToDictionary(o => o.Item1, o => o.Value);

    public static async Task<Description> Of(WebNode node) => new((await node.Get("/swagger/v1/swagger.json")).Is(200).Json);

    public IEnumerable<(string Status, JsonElement Answer)> Answers(JsonElement operation) =>
        operation.GetProperty("responses").EnumerateObject().Select(answer => (answer.Name, Follow(answer.Value)));

    public Dictionary<string, JsonElement> Headers(JsonElement answer) => answer.TryGetProperty("headers", out var headers)
        ? headers.EnumerateObject().ToDictionary(h => h.Name, h => Follow(h.Value), StringComparer.OrdinalIgnoreCase)
        : [];

    public static IEnumerable<JsonElement> Parameters(JsonElement operation) =>
        operation.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray() : [];

    /// <summary>By media type; none: there is no body.</summary>
    public static IEnumerable<JsonProperty> Contents(JsonElement owner) =>
        owner.TryGetProperty("content", out var content) ? content.EnumerateObject() : [];

    public JsonElement Schema(string name) => document.GetProperty("components").GetProperty("schemas").GetProperty(name);

    /// <summary>The operation that a request is for: of several paths, the one with the fewest parameters.</summary>
    public string Named(string method, string path) => Operations.Keys
        .Where(key => key.StartsWith($"{method} ", StringComparison.Ordinal) && Fits(key[(method.Length + 1)..].Split('/'), path.Split('?')[0].Split('/')))
        .MinBy(key => key.Count(c => c == '{'))!;

    private static bool Fits(string[] template, string[] path) =>
        template.Length == path.Length && template.Zip(path).All(pair => pair.First == pair.Second || pair.First.StartsWith('{'));

    private JsonElement Follow(JsonElement element)
    {
        while (element.TryGetProperty("$ref", out var reference))
        {
            element = reference.GetString()!.Split('/')[1..].Aggregate(document, (at, name) => at.GetProperty(name));
        }

        return element;
    }
}
