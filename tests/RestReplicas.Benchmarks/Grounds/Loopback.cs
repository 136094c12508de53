using System.Globalization;

namespace RestReplicas.Benchmarks.Grounds;

/// <summary>All members on 127.0.0.1, for machines without namespaces; no cable can be cut.</summary>
internal class Loopback : Ground
{
    private readonly int[] _ports = Ports.Free(2 * Members);

    public override string Cables => "all members on the loopback interface";

    public override string Here => "127.0.0.1";

    public override Door ForClients(int member) => new(Url(_ports[member]), Url(_ports[member]));

    public override Door ForPeers(int member) => new(Url(_ports[Members + member]), Url(_ports[Members + member]));

    public override Task Cut(int member) => throw new NotSupportedException();

    public override Task Heal(int member) => throw new NotSupportedException();

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }

    protected static Uri Url(int port) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
}
