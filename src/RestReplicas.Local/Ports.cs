using System.Net;
using System.Net.Sockets;

namespace RestReplicas.Local;

internal static class Ports
{
    /// <summary>Looks before anything is started: one sentence now instead of three log files later.</summary>
    public static void Check(Plan plan)
    {
        foreach (var (port, member, use) in plan.Members.SelectMany(m => new[] { (m.Port, m, "clients"), (m.PeerPort, m, "its peers") }))
        {
            try
            {
                Listen(port);
            }
            catch (SocketException error)
            {
                throw new Refusal(error.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? $"Port {port} of 127.0.0.1, which {member.Name} needs for {use}, is taken by another program; choose others with --port."
                    : $"Cannot listen on port {port} of 127.0.0.1, which {member.Name} needs for {use}: {error.Message.TrimEnd('.')}.");
            }
        }
    }

    /// <summary>A port that is free now; somebody may take it before we do.</summary>
    public static int Free() => Listen(0);

    private static int Listen(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
