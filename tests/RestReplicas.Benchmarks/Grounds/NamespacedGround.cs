using System.Globalization;

namespace RestReplicas.Benchmarks.Grounds;

/// <summary>Each member in a network namespace of its own: its cable is a pair of interfaces, and is really cut.</summary>
internal sealed class NamespacedGround(Namespaces spaces) : Ground
{
    public override string Cables => "each member in a network namespace of its own; a cut cable is its interface taken down at the bridge";

    public override string Here => spaces.Here;

    public override Door ForClients(int member) => At(member, Namespaces.PublicPort);

    public override Door ForPeers(int member) => At(member, Namespaces.PeerPort);

    public override IReadOnlyList<string> Entering(int member) => spaces.Entering(member);

    public override Task Cut(int member) => spaces.Pull(member);

    public override Task Heal(int member) => spaces.Plug(member);

    public override ValueTask DisposeAsync() => spaces.DisposeAsync();

    private Door At(int member, int port)
    {
        var url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{spaces.Address(member)}:{port}"));
        return new(url, url);
    }
}
