using System.Globalization;

namespace RestReplicas.Benchmarks.Grounds;

/// <summary>A network namespace for each member, joined by a bridge: its cable is a pair of interfaces, and is really cut.</summary>
internal sealed class Namespaces : Ground
{
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(10);

    /// <summary>Of this process, so that neither two runs nor what a killed one left are in each other's way.</summary>
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"rr{Environment.ProcessId}");
    private readonly string _network = string.Create(CultureInfo.InvariantCulture, $"10.213.{Environment.ProcessId % 256}.");

    private Namespaces()
    {
    }

    public static bool Possible { get; } =
        Environment.UserName == "root" && $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Any(f => File.Exists(Path.Combine(f, "ip")));

    public override string Cables => "each member in a network namespace of its own; a cut cable is its interface taken down at the bridge";

    public override string Here => _network + "254";

    private static string Ip { get; } = Possible ? Programs.Installed("ip", "iproute2") : "";

    public static async Task<Ground> Lay()
    {
        var ground = new Namespaces();
        try
        {
            await ground.Build();
            return ground;
        }
        catch
        {
            await ground.DisposeAsync();
            throw;
        }
    }

    public override Door ForClients(int member) => At(member, 8080);

    public override Door ForPeers(int member) => At(member, 9080);

    public override IReadOnlyList<string> Entering(int member) => [Ip, "netns", "exec", Space(member)];

    public override Task Cut(int member) => Do($"link set {Cable(member)} down");

    public override Task Heal(int member) => Do($"link set {Cable(member)} up");

    public override async ValueTask DisposeAsync()
    {
        for (var member = 0; member < Members; member++)
        {
            await Try($"link del {Cable(member)}"); // the namespace alone may outlive its name a little, and would keep it
            await Try($"netns del {Space(member)}");
        }

        await Try($"link del {_prefix}");
    }

    private async Task Build()
    {
        await Do($"link add {_prefix} type bridge");
        await Do($"addr add {Here}/24 dev {_prefix}");
        await Do($"link set {_prefix} up");
        for (var member = 0; member < Members; member++)
        {
            await Do($"netns add {Space(member)}");
            await Do($"link add {Cable(member)} type veth peer name eth0 netns {Space(member)}");
            await Do($"link set {Cable(member)} master {_prefix}");
            await Do($"link set {Cable(member)} up");
            await Do($"-n {Space(member)} addr add {Address(member)}/24 dev eth0");
            await Do($"-n {Space(member)} link set lo up");
            await Do($"-n {Space(member)} link set eth0 up");
        }
    }

    private Door At(int member, int port)
    {
        var url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{Address(member)}:{port}"));
        return new(url, url);
    }

    private string Address(int member) => string.Create(CultureInfo.InvariantCulture, $"{_network}{member + 1}");

    private string Space(int member) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}n{member + 1}");

    private string Cable(int member) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}v{member + 1}");

    private static async Task Do(string command)
    {
        var (code, output) = await Try(command);
        if (code != 0)
        {
            throw new Refusal($"'ip {command}' failed: {output}");
        }
    }

    private static async Task<(int Code, string Output)> Try(string command)
    {
        await using var process = new ChildProcess(Ip, command.Split(' '));
        return (await process.WaitForExit(CommandLimit), string.Join(' ', process.Output));
    }
}
