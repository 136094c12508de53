using System.Net.Sockets;
using System.Text.Json;

namespace RestReplicas.Local.Verification;

/// <summary>Before anything is written: the addresses are those of different nodes of one cluster that has a leader.</summary>
internal static class TargetCheck
{
    public static async Task<IReadOnlyList<Target>> Find(IReadOnlyList<Uri> urls, TimeSpan patience)
    {
        var found = new List<(Target Target, string Cluster, Uri Url)>();
        foreach (var url in urls)
        {
            var http = VerifyPlan.Client(patience, url);
            var (name, cluster) = await Ask(http, url);
            var first = found.Find(f => f.Target.Name == name);
            if (first.Target is not null && first.Cluster == cluster)
            {
                throw new Refusal($"{Text(first.Url)} and {Text(url)} are the same node, {name}: name every node once.");
            }

            if (found is [var other, ..] && other.Cluster != cluster)
            {
                throw new Refusal($"{Text(other.Url)} and {Text(url)} are nodes of different clusters ({other.Cluster} and {cluster}).");
            }

            found.Add((new(name, http), cluster, url));
        }

        return [.. found.Select(f => f.Target)];
    }

    private static async Task<(string Name, string Cluster)> Ask(HttpClient http, Uri url)
    {
        string text;
        int status;
        try
        {
            using var answer = await http.GetAsync("/cluster");
            status = (int)answer.StatusCode;
            text = await answer.Content.ReadAsStringAsync();
        }
        catch (HttpRequestException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            throw new Refusal($"Nobody listens at {Text(url)}: is the node running?");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new Refusal($"{Text(url)} cannot be reached: {(error.InnerException ?? error).Message.TrimEnd('.')}.");
        }
        catch (OperationCanceledException)
        {
            throw new Refusal($"{Text(url)} does not answer within {http.Timeout.TotalSeconds:0} s.");
        }

        if (status is 401 or 403)
        {
            throw new Refusal($"{Text(url)} wants other credentials ({status}): set {string.Join(" or ", VerifyPlan.Credentials.Keys)}.");
        }

        if (Read(text) is not { } said || status != 200)
        {
            throw new Refusal($"{Text(url)} answers, but not as a RestReplicas node does (GET /cluster: {status}).");
        }

        return (said.Name, said.Cluster ?? throw new Refusal($"{said.Name} at {Text(url)} belongs to no cluster yet: all voters have to be there once, to found it."));
    }

    private static (string Name, string? Cluster)? Read(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("node", out var node) && root.TryGetProperty("cluster", out var cluster)
                ? (node.GetString()!, cluster.GetString())
                : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
