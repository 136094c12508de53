using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace RestReplicas.Benchmarks.Driving;

/// <summary>One connection that waits for each answer before it sends the next request: as little work as a client can do.</summary>
internal sealed class Connection : IDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];

    public Connection(Uri member)
    {
        _socket.ReceiveTimeout = _socket.SendTimeout = (int)AnswerLimit.TotalMilliseconds;
        _socket.Connect(member.Host, member.Port);
    }

    /// <exception cref="Refusal">The answer is no success, or none that this client understands, or the connection broke off.</exception>
    public void Ask(ReadOnlySpan<byte> request)
    {
        try
        {
            _socket.Send(request);
            var (have, head) = (0, -1);
            while (head < 0)
            {
                have += Receive(have);
                head = _buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8);
            }

            var text = Encoding.ASCII.GetString(_buffer, 0, head + 2);
            for (var all = head + 4 + BodyLength(text); have < all;)
            {
                have += Receive(have);
            }

            if (!text.StartsWith("HTTP/1.1 2", StringComparison.Ordinal))
            {
                throw new Refusal($"{_socket.RemoteEndPoint} answers:\n{Encoding.UTF8.GetString(_buffer, 0, have)}");
            }
        }
        catch (SocketException error)
        {
            throw new Refusal($"{_socket.RemoteEndPoint} does not answer: {error.Message}");
        }
    }

    public void Dispose() => _socket.Dispose();

    private static int BodyLength(string head)
    {
        const string name = "\r\nContent-Length: ";
        var at = head.IndexOf(name, StringComparison.OrdinalIgnoreCase);
        var (from, to) = (at + name.Length, head.IndexOf('\r', at + name.Length));
        return at < 0
            ? throw new Refusal($"An answer without a length:\n{head}")
            : int.Parse(head.AsSpan(from, to - from), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private int Receive(int have) =>
        _socket.Receive(_buffer.AsSpan(have)) is > 0 and var more ? more : throw new Refusal("A member closed the connection.");
}
