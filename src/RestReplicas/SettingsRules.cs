using System.Diagnostics.CodeAnalysis;
using System.Net;
using RestReplicas.Protocol;

namespace RestReplicas;

/// <summary>The rules between settings, of one section or of several.</summary>
public static class SettingsRules
{
    /// <param name="Keys">What the rule is about; the sentence begins with the first.</param>
    public sealed record Fault(string Sentence, params string[] Keys);

    public static IEnumerable<Fault> Check(Settings settings) =>
        [.. CheckNode(settings), .. CheckVoters(settings), .. CheckListeners(settings), .. CheckTimes(settings), .. CheckSizes(settings)];

    private static IEnumerable<Fault> CheckNode(Settings settings)
    {
        var node = settings.Node;
        if (!IsAddress(node.PublicUrl, "http", "https"))
        {
            yield return new("Node:PublicUrl must be a URL without path, as clients reach this node: http://127.0.0.1:8081.", "Node:PublicUrl");
        }

        if (!IsAddress(node.PeerUrl, "http"))
        {
            yield return new("Node:PeerUrl must be an http URL without path, as the other nodes reach this one: http://127.0.0.1:9081.", "Node:PeerUrl");
        }
    }

    private static IEnumerable<Fault> CheckVoters(Settings settings)
    {
        foreach (var (name, url) in settings.Cluster.Voters)
        {
            if (!NodeName.IsValid(name))
            {
                yield return new($"Cluster:Voters:{name} is not a node's name: a letter or digit, then letters, digits, '_', '-' or '.'.", "Cluster:Voters");
            }

            if (!IsAddress(url, "http"))
            {
                yield return new($"Cluster:Voters:{name} must be the http URL of that node's peer listener, without path.", "Cluster:Voters");
            }
        }

        foreach (var same in settings.Cluster.Voters.GroupBy(v => v.Value.TrimEnd('/'), StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            yield return new($"Cluster:Voters names {string.Join(" and ", same.Select(v => v.Key))} at the same URL.", "Cluster:Voters");
        }
    }

    private static IEnumerable<Fault> CheckListeners(Settings settings)
    {
        var node = settings.Node;
        var (publicKey, publicListen) = node.PublicListen is { } p ? ("Node:PublicListen", p) : ("Node:PublicUrl", node.PublicUrl);
        var (peerKey, peerListen) = node.PeerListen is { } q ? ("Node:PeerListen", q) : ("Node:PeerUrl", node.PeerUrl);
        if (!TryListen(publicListen, out var forClients))
        {
            yield return new($"{publicKey} must be an http address to listen on: http://127.0.0.1:8081 (for https, something in front speaks it).", publicKey);
        }

        if (!TryListen(peerListen, out var forPeers))
        {
            yield return new($"{peerKey} must be an http address to listen on: http://127.0.0.1:9081.", peerKey);
            yield break;
        }

        if (forClients is not null && forClients.Port == forPeers.Port && (forClients.Host == forPeers.Host || IsAny(forClients) || IsAny(forPeers)))
        {
            yield return new($"{peerKey} must not be where clients are listened for ({publicKey}).", peerKey, publicKey);
        }

        if (string.IsNullOrEmpty(settings.Cluster.Secret) && !IsLoopback(forPeers))
        {
            yield return new("Cluster:Secret is required when the peer listener is not on loopback: without it anybody there could replicate.", "Cluster:Secret", peerKey);
        }
    }

    private static IEnumerable<Fault> CheckTimes(Settings settings)
    {
        var (replication, lease) = (settings.Replication, settings.Lease);
        if (replication.Heartbeat * 3 >= replication.QuorumTimeout)
        {
            yield return new(
                "Replication:QuorumTimeout must be longer than three times Replication:Heartbeat, or a leader steps down for one lost message.",
                "Replication:QuorumTimeout", "Replication:Heartbeat");
        }

        if (replication.QuorumTimeout >= replication.ElectionSilence)
        {
            yield return new(
                "Replication:ElectionSilence must be longer than Replication:QuorumTimeout, or a new leader may come before the old one steps down.",
                "Replication:ElectionSilence", "Replication:QuorumTimeout");
        }

        if (replication.ElectionSilence >= lease.Ttl)
        {
            yield return new(
                "Lease:Ttl must be longer than Replication:ElectionSilence, or leases end under healthy leaders.",
                "Lease:Ttl", "Replication:ElectionSilence");
        }

        if (settings.Reads.TimeLimit > settings.Reads.LongestTimeLimit)
        {
            yield return new("Reads:TimeLimit must not be longer than Reads:LongestTimeLimit.", "Reads:TimeLimit", "Reads:LongestTimeLimit");
        }

        if (settings.Writes.TimeLimit > settings.Writes.LongestTimeLimit)
        {
            yield return new("Writes:TimeLimit must not be longer than Writes:LongestTimeLimit.", "Writes:TimeLimit", "Writes:LongestTimeLimit");
        }
    }

    private static IEnumerable<Fault> CheckSizes(Settings settings)
    {
        var documents = settings.Documents;
        if (documents.PageSize > documents.MaxPageSize)
        {
            yield return new("Documents:PageSize must not be larger than Documents:MaxPageSize.", "Documents:PageSize", "Documents:MaxPageSize");
        }

        if (settings.Changes.PageSize > settings.Changes.MaxPageSize)
        {
            yield return new("Changes:PageSize must not be larger than Changes:MaxPageSize.", "Changes:PageSize", "Changes:MaxPageSize");
        }

        var (largest, key) = documents.MaxBatchBytes > documents.MaxBytes
            ? (documents.MaxBatchBytes, "Documents:MaxBatchBytes")
            : (documents.MaxBytes, "Documents:MaxBytes");
        if (largest >= settings.Replication.WriteQueueBytes)
        {
            yield return new(
                $"Replication:WriteQueueBytes must be larger than {key}, or the largest writes are always refused.",
                "Replication:WriteQueueBytes", key);
        }

        if (largest * 2L > settings.Writes.BodyBytes)
        {
            yield return new(
                $"Writes:BodyBytes must be at least twice {key}: a compressed body is in memory beside what it stands for.",
                "Writes:BodyBytes", key);
        }

        if ((long)largest + settings.Replication.BatchBytes >= settings.Replication.MessageBytes)
        {
            yield return new(
                $"Replication:MessageBytes must be larger than Replication:BatchBytes and {key} together, or large writes never reach a follower.",
                "Replication:MessageBytes", "Replication:BatchBytes", key);
        }
    }

    private static bool IsAddress(string text, params string[] schemes) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && schemes.Contains(url.Scheme)
        && url.PathAndQuery == "/" && url.UserInfo.Length == 0 && url.Fragment.Length == 0;

    /// <summary><c>*</c> and <c>+</c> mean every address of the machine.</summary>
    private static bool TryListen(string text, [NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(text.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out url)
        && url.Scheme == Uri.UriSchemeHttp;

    private static bool IsAny(Uri url) => IPAddress.TryParse(url.DnsSafeHost, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    private static bool IsLoopback(Uri url) =>
        url.Host == "localhost" || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));
}
