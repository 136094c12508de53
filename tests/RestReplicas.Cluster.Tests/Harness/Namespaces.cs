using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>How one direction between two members behaves.</summary>
/// <param name="Delay">Where the kernel cannot delay (netem), the link is made narrow instead.</param>
internal readonly record struct LinkState(bool Cut = false, TimeSpan Delay = default, int LossPercent = 0);

/// <summary>
/// A network namespace for each member, joined by a bridge: its cable is a pair of interfaces. A pulled cable is its
/// interface taken down; a cut direction is packets that the receiver drops, without a word to anybody.
/// </summary>
internal sealed class Namespaces : IAsyncDisposable
{
    public const int PublicPort = 8080;
    public const int PeerPort = 9080;

    /// <summary>Of this process, so that neither two runs nor what a killed one left are in each other's way.</summary>
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"rr{Environment.ProcessId}");
    private readonly string _network = string.Create(CultureInfo.InvariantCulture, $"10.213.{Environment.ProcessId % 256}.");
    private readonly int _members;
    private readonly ConcurrentDictionary<(int From, int To), LinkState> _links = new();
    private readonly SemaphoreSlim _changing = new(1);
    private bool _canDelay;

    private Namespaces(int members) => _members = members;

    /// <summary>Of the host, as members reach it.</summary>
    public string Here => _network + "254";

    private static string Ip { get; } = Shell.Find("ip") ?? "ip";

    /// <returns>Null: this machine, or this user, cannot have them.</returns>
    public static async Task<Namespaces?> TryLay(int members)
    {
        if (Environment.UserName != "root" || Shell.Find("ip") is null || Shell.Find("nft") is null || Shell.Find("tc") is null)
        {
            return null;
        }

        var spaces = new Namespaces(members);
        try
        {
            await spaces.Build();
            return spaces;
        }
        catch (InvalidOperationException)
        {
            await spaces.DisposeAsync(); // root of a container, perhaps
            return null;
        }
    }

    public string Address(int member) => string.Create(CultureInfo.InvariantCulture, $"{_network}{member + 1}");

    /// <summary>The words before a command that put it into a member's namespace, under its own process id.</summary>
    public IReadOnlyList<string> Entering(int member) => [Ip, "netns", "exec", Space(member)];

    /// <summary>Nothing reaches the member any more, and nothing says so.</summary>
    public Task Pull(int member) => Shell.Do(Ip, $"link set {Cable(member)} down");

    public Task Plug(int member) => Shell.Do(Ip, $"link set {Cable(member)} up");

    public async Task Set(int from, int to, LinkState state)
    {
        await _changing.WaitAsync();
        try
        {
            _links.TryGetValue((from, to), out var before);
            _links[(from, to)] = state;
            if ((before.Cut, before.LossPercent) != (state.Cut, state.LossPercent))
            {
                await Drop(to);
            }

            if (before.Delay != state.Delay)
            {
                await Slow(from);
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var member = 0; member < _members; member++)
        {
            await Shell.Try(Ip, $"link del {Cable(member)}"); // the namespace alone may outlive its name a little, and would keep it
            await Shell.Try(Ip, $"netns del {Space(member)}");
        }

        await Shell.Try(Ip, $"link del {_prefix}");
        _changing.Dispose();
    }

    private async Task Build()
    {
        await Shell.Do(Ip, $"link add {_prefix} type bridge");
        await Shell.Do(Ip, $"addr add {Here}/24 dev {_prefix}");
        await Shell.Do(Ip, $"link set {_prefix} up");
        for (var member = 0; member < _members; member++)
        {
            await Shell.Do(Ip, $"netns add {Space(member)}");
            await Shell.Do(Ip, $"link add {Cable(member)} type veth peer name eth0 netns {Space(member)}");
            await Shell.Do(Ip, $"link set {Cable(member)} master {_prefix}");
            await Shell.Do(Ip, $"link set {Cable(member)} up");
            await Shell.Do(Ip, $"-n {Space(member)} addr add {Address(member)}/24 dev eth0");
            await Shell.Do(Ip, $"-n {Space(member)} link set lo up");
            await Shell.Do(Ip, $"-n {Space(member)} link set eth0 up");
        }

        var (code, _) = await Shell.Try(Shell.Find("tc")!, $"-n {Space(0)} qdisc add dev eth0 root netem delay 1ms");
        _canDelay = code == 0;
        await Shell.Try(Shell.Find("tc")!, $"-n {Space(0)} qdisc del dev eth0 root");
    }

    /// <summary>All that a member does not hear, in whole or in part, in place of what it did not hear before.</summary>
    private async Task Drop(int to)
    {
        var rules = new StringBuilder("table inet faults\ndelete table inet faults\ntable inet faults {\nchain in {\ntype filter hook input priority 0\n");
        foreach (var (link, state) in _links.Where(l => l.Key.To == to && (l.Value.Cut || l.Value.LossPercent > 0)))
        {
            var some = state.Cut ? "" : string.Create(CultureInfo.InvariantCulture, $"numgen random mod 100 < {state.LossPercent} ");
            rules.Append(CultureInfo.InvariantCulture, $"ip saddr {Address(link.From)} {some}drop\n");
        }

        await Shell.Do(Ip, $"netns exec {Space(to)} nft -f -", rules.Append("}\n}\n").ToString());
    }

    /// <summary>A queue of its own for each slow link out of a member.</summary>
    private async Task Slow(int from)
    {
        var tc = Shell.Find("tc")!;
        await Shell.Try(tc, $"-n {Space(from)} qdisc del dev eth0 root");
        var slow = _links.Where(l => l.Key.From == from && l.Value.Delay > TimeSpan.Zero).ToList();
        if (slow.Count == 0)
        {
            return;
        }

        var lines = new StringBuilder("qdisc add dev eth0 root handle 1: htb default 1\nclass add dev eth0 parent 1: classid 1:1 htb rate 10gbit quantum 60000\n");
        foreach (var (link, state) in slow)
        {
            var number = link.To + 10;
            var milliseconds = state.Delay.TotalMilliseconds;
            var (rate, queue) = _canDelay ? ("10gbit", $"netem delay {milliseconds:F0}ms") : ($"{Math.Max(256, 40_000 / milliseconds):F0}kbit", "bfifo limit 70000");
            lines.Append(CultureInfo.InvariantCulture, $"""
                class add dev eth0 parent 1: classid 1:{number} htb rate {rate} ceil {rate} quantum 60000
                qdisc add dev eth0 parent 1:{number} {queue}
                filter add dev eth0 parent 1: protocol ip prio {number} u32 match ip dst {Address(link.To)}/32 flowid 1:{number}

                """);
        }

        await Shell.Do(tc, $"-n {Space(from)} -batch -", lines.ToString());
    }

    private string Space(int member) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}n{member + 1}");

    private string Cable(int member) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}v{member + 1}");
}
