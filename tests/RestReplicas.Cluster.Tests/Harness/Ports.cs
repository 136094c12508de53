using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>
/// Ports of 127.0.0.1 for servers that start later, stop, and start again. Each is held by a socket that is bound and does
/// not listen: the kernel gives it to nobody who wants just any port, be it to listen or to connect, while whoever names it
/// may listen there (with SO_REUSEADDR, as servers do). Until one does, connections to it are refused.
/// </summary>
internal static class Ports
{
    /// <summary>The oldest are let go first; no test needs so many.</summary>
    private const int MostHeld = 1000;

    private static readonly ConcurrentQueue<Socket> Held = new();

    public static int Free()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Held.Enqueue(socket);
        if (Held.Count > MostHeld && Held.TryDequeue(out var oldest))
        {
            oldest.Dispose();
        }

        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public static int[] Free(int count) => [.. Enumerable.Range(0, count).Select(_ => Free())];
}
