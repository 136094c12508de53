using System.Collections.Concurrent;
using System.Globalization;

namespace RestReplicas.Benchmarks.Grounds;

/// <summary>The cluster tests' relays before every port, so that cables can be cut without being root. Costs a hop.</summary>
internal sealed class RelayedLoopback : Loopback
{
    private const string Client = "client";
    private readonly Network _network = new();
    private readonly ConcurrentDictionary<int, int> _processes = new();
    private readonly Door[] _forClients;
    private readonly Door[] _forPeers;

    public RelayedLoopback()
    {
        _forClients = [.. Enumerable.Range(0, Members).Select(m => Relayed(m, base.ForClients(m)))];
        _forPeers = [.. Enumerable.Range(0, Members).Select(m => Relayed(m, base.ForPeers(m)))];
    }

    public override string Cables => "all on the loopback interface (no root or no iproute2 here); for the cut cable, behind TCP relays that pass nothing on; Redis stays reachable";

    public override Door ForClients(int member) => _forClients[member];

    public override Door ForPeers(int member) => _forPeers[member];

    public override void Occupied(int member, int process) => _processes[member] = process;

    public override Task Cut(int member)
    {
        foreach (var other in Enumerable.Range(0, Members).Where(m => m != member).Select(Name).Append(Client))
        {
            _network.CutBothWays(Name(member), other);
        }

        return Task.CompletedTask;
    }

    public override Task Heal(int member)
    {
        _network.Heal();
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await _network.DisposeAsync();
        await base.DisposeAsync();
    }

    private Door Relayed(int member, Door door) => door with { Reach = Url(_network.Before(Name(member), door.Listen.Port, Caller)) };

    private string Caller(int port, int relay)
    {
        var owner = Sockets.Owner(port, relay, _processes.Values);
        return _processes.Where(p => p.Value == owner).Select(p => Name(p.Key)).FirstOrDefault(Client);
    }

    private static string Name(int member) => string.Create(CultureInfo.InvariantCulture, $"n{member + 1}");
}
