using System.Net.Sockets;
using RestReplicas.Protocol;

namespace RestReplicas.Peers;

/// <summary>
/// Tries a TCP connection to a peer's port. Only a refusal tells anything: no process listens there any more. A silence
/// may be a slow node, a lost packet or a firewall.
/// </summary>
internal static class PeerProbe
{
    public static async Task Try(NodeName peer, Uri url, TimeSpan limit, Action<Input> answer)
    {
        using var patience = new CancellationTokenSource(limit);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(url.DnsSafeHost, url.Port, patience.Token);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            answer(new ConnectionRefused(peer));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Says nothing of the process.
        }
    }
}
