using System.Globalization;
using System.Net.Sockets;

namespace RestReplicas.Local;

/// <summary>The Redis for the lease, ours or another's, or none; and what to tell the user about it.</summary>
internal sealed class Lease : IDisposable
{
    private const int Attempts = 3;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(5);

    private Lease(string? address, string about, Child? server = null)
    {
        Address = address;
        About = about;
        Server = server;
    }

    /// <summary>Null: the replicas elect their leader without a lease.</summary>
    public string? Address { get; }

    public string About { get; }

    /// <summary>Our own, if we started one.</summary>
    public Child? Server { get; }

    public static Lease Prepare(Plan plan) => plan.Redis switch
    {
        RedisChoice.None => new(null, "no Redis, as asked: leaders are elected without a lease"),
        RedisChoice.At at => new(at.ToString(), Answers(at.Host, at.Port)
            ? $"the one at {at}"
            : $"the one at {at}, which does not answer now: until it does, leaders are elected without a lease"),
        _ => Programs.RedisServer() is { } program
            ? Start(program, plan)
            : new(null, "redis-server is not installed: leaders are elected without a lease"),
    };

    public void Dispose() => Server?.Dispose();

    /// <summary>A server that keeps nothing on disk: the lease is worth nothing after a restart.</summary>
    private static Lease Start(string program, Plan plan)
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = Ports.Free();
            string[] command =
            [
                program, "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1",
                "--save", "", "--appendonly", "no", "--dir", plan.Data,
            ];
            var server = new Child("redis-server", Path.Combine(plan.Data, "redis.log"), command, new Dictionary<string, string>());
            var deadline = DateTime.UtcNow + StartLimit;
            while (!server.Ended && DateTime.UtcNow < deadline)
            {
                if (Answers("127.0.0.1", port))
                {
                    return new($"127.0.0.1:{port}", $"a private one on port {port}, process {server.Id}", server);
                }

                server.WaitUntilEnded(TimeSpan.FromMilliseconds(20));
            }

            var reason = server.Ended ? server.LastLine : "it does not answer";
            server.Dispose();
            if (attempt == Attempts) // The port may have been taken under our nose once, hardly three times.
            {
                throw new Refusal($"redis-server does not start ({reason}); use --redis none or --redis host:port.");
            }
        }
    }

    private static bool Answers(string host, int port)
    {
        try
        {
            using var client = new TcpClient();
            if (!client.ConnectAsync(host, port).Wait(TimeSpan.FromSeconds(1)))
            {
                return false;
            }

            var stream = client.GetStream();
            stream.ReadTimeout = 1000;
            stream.Write("PING\r\n"u8);
            return stream.ReadByte() is '+' or '-'; // -NOAUTH is an answer too
        }
        catch (Exception error) when (error is AggregateException or SocketException or IOException)
        {
            return false;
        }
    }
}
