using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RestReplicas.Cluster;
using RestReplicas.Documents;

namespace RestReplicas.Peers;

/// <summary>
/// The two listeners of a node: one for clients, one for peers. A connection remembers by which it came, so that no
/// header can make a peer of a client.
/// </summary>
public static class PeerListener
{
    /// <summary>Throws <see cref="StartupException"/> where a setting cannot be bound, or must not be.</summary>
    public static void Bind(KestrelServerOptions kestrel, NodeOptions node, ClusterOptions cluster)
    {
        var clients = Parse(node.PublicListen ?? node.PublicUrl, node.PublicListen is null ? "Node:PublicUrl" : "Node:PublicListen");
        var peers = Parse(node.PeerListen ?? node.PeerUrl, node.PeerListen is null ? "Node:PeerUrl" : "Node:PeerListen");
        if (string.IsNullOrEmpty(cluster.Secret) && !IsLoopback(peers))
        {
            throw new StartupException(
                $"Without Cluster:Secret the peer listener must be on loopback, not on {peers.Host}: set the secret, or Node:PeerListen.");
        }

        Listen(kestrel, clients, HalfClosed.AreAnswered);
        Listen(kestrel, peers, listener => listener.Use(next => connection =>
        {
            connection.Features.Set(PeerConnection.Instance);
            return next(connection);
        }));
    }

    public static bool IsPeer(HttpContext context) => context.Features.Get<PeerConnection>() is not null;

    private static Uri Parse(string text, string key)
    {
        var any = text.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
        return Uri.TryCreate(any, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp
            ? url
            : throw new StartupException($"{key} must be an http:// address with a port, not \"{text}\".");
    }

    private static bool IsLoopback(Uri url) =>
        url.Host == "localhost" || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));

    private static void Listen(KestrelServerOptions kestrel, Uri url, Action<ListenOptions> configure)
    {
        if (IPAddress.TryParse(url.DnsSafeHost, out var address))
        {
            kestrel.Listen(address, url.Port, configure);
        }
        else if (url.Host == "localhost")
        {
            kestrel.ListenLocalhost(url.Port, configure);
        }
        else
        {
            // A name that other machines resolve: on this one it may stand for any address.
            kestrel.ListenAnyIP(url.Port, configure);
        }
    }

    /// <summary>The mark on a connection.</summary>
    private sealed class PeerConnection
    {
        public static readonly PeerConnection Instance = new();
    }
}
