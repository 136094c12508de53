using System.Globalization;
using System.Text.Json;
using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>What a test wants to differ from three replicas and one Redis.</summary>
internal sealed record ClusterShape
{
    public int Replicas { get; init; } = 3;

    /// <summary>Independent servers; none: elections without a lease.</summary>
    public int RedisServers { get; init; } = 1;

    /// <summary>Links that can be cut. Costs a relay on every hop, and a dead node is then not refused but silent.</summary>
    public bool Relayed { get; init; }

    /// <summary>Ends with the cluster. With namespaces of its own, the relays are not needed.</summary>
    public Ground? Ground { get; init; }

    /// <summary>
    /// A machine that is busy for seconds deposes no healthy leader. For tests in which one is to stay; those of failovers
    /// run with the timing that users get.
    /// </summary>
    public bool Patient { get; init; }

    /// <summary>For every replica, over the defaults of appsettings.json: <c>Writes__OnFollower=Forward</c>.</summary>
    public Dictionary<string, string> Settings { get; init; } = [];
}

/// <summary>A cluster of real processes in a folder of its own, on free ports of 127.0.0.1.</summary>
internal sealed class TestCluster
{
    public static readonly TimeSpan ElectionLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ReplacementLimit = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, string> Patience = new()
    {
        ["Replication__QuorumTimeout"] = "00:00:03",
        ["Replication__ElectionSilence"] = "00:00:04",
        ["Replication__CampaignLimit"] = "00:00:03",
        ["Replication__SaveLimit"] = "00:00:30",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("restreplicas-").FullName;

    public TestCluster(ClusterShape shape)
    {
        Ground = shape.Ground;
        var ports = new Queue<int>(Ports.Free((shape.Replicas * 2) + shape.RedisServers));
        Redis = [.. Enumerable.Range(0, shape.RedisServers).Select(i => new RedisProcess(Spaces?.Here ?? "127.0.0.1", ports.Dequeue(), Path.Combine(_folder, $"redis{i}.log")))];
        var members = Enumerable.Range(1, shape.Replicas)
            .Select(i => (Name: $"n{i}", Port: ports.Dequeue(), PeerPort: ports.Dequeue()))
            .ToList();
        Nodes =
        [
            .. members.Select((m, i) => new ReplicaProcess(m.Name, Spaces is null ? Local(m.Port) : In(i, Namespaces.PublicPort), Path.Combine(_folder, m.Name + ".log"))
            {
                Entering = Spaces?.Entering(i) ?? [],
            }),
        ];
        var peers = members.Select((m, i) => (m.Name, Url: Spaces is not null ? In(i, Namespaces.PeerPort)
            : Local(shape.Relayed ? Network.Before(m.Name, m.PeerPort, Caller) : m.PeerPort))).ToDictionary(p => p.Name, p => p.Url);
        foreach (var (node, member) in Nodes.Zip(members))
        {
            node.Settings["Node__Name"] = member.Name;
            node.Settings["Node__PublicUrl"] = node.Url;
            node.Settings["Node__PeerUrl"] = peers[member.Name];
            node.Settings["Node__PeerListen"] = Spaces is null ? Local(member.PeerPort) : peers[member.Name];
            node.Settings["Node__DataDirectory"] = Ground?.Disks?[Nodes.ToList().IndexOf(node)].Data ?? Path.Combine(_folder, member.Name);
            node.Settings["Node__Rehearse"] = "false"; // a second of a processor for every start, of which there are many
            node.Settings["DOTNET_EnableWriteXorExecute"] = "0"; // an eighth of what is left of it: hardening of the runtime, which is not what is tested
            if (Spaces is not null)
            {
                node.Settings["Cluster__Secret"] = "only for these tests"; // the peers' listeners are not on loopback
            }

            foreach (var (name, url) in peers)
            {
                node.Settings[$"Cluster__Voters__{name}"] = url;
            }

            for (var i = 0; i < Redis.Count; i++)
            {
                node.Settings[$"Lease__Redis__{i}"] = Redis[i].Address;
            }

            foreach (var (key, value) in shape.Patient ? Patience.Concat(shape.Settings) : shape.Settings)
            {
                node.Settings[key] = value;
            }
        }
    }

    public Ground? Ground { get; }

    public IReadOnlyList<ReplicaProcess> Nodes { get; }

    private Namespaces? Spaces => Ground?.Spaces;

    /// <summary>As the checks know them.</summary>
    public IReadOnlyList<Target> Targets => [.. Nodes.Select(n => new Target(n.Name, n.Http))];

    public IReadOnlyList<RedisProcess> Redis { get; }

    /// <summary>Between the replicas, if the shape says so; by their names.</summary>
    public Network Network { get; } = new();

    /// <summary>All of it, until it has a leader and every node is up to date.</summary>
    public Task Start() => Start(Redis);

    /// <param name="redis">The servers that are up.</param>
    public async Task Start(IEnumerable<RedisProcess> redis)
    {
        await Task.WhenAll(redis.Select(r => r.Start()));
        foreach (var node in Nodes)
        {
            node.Start();
        }

        await Task.WhenAll(Nodes.Select(n => n.WaitUntilLive()));
        await Leader();
        await AllReady();
    }

    /// <summary>The node that leads now, as soon as one does.</summary>
    public Task<ReplicaProcess> Leader(params ReplicaProcess[] except) => Eventually.Gives(
        async () =>
        {
            foreach (var node in Nodes.Except(except))
            {
                if (await node.Leads())
                {
                    return node;
                }
            }

            return null;
        },
        ElectionLimit,
        () => "a leader");

    public async Task<IReadOnlyList<ReplicaProcess>> Followers() => [.. Nodes.Except([await Leader()])];

    public Task AllReady() => Eventually.Holds(
        async () => (await Task.WhenAll(Nodes.Select(n => n.Is("/health/ready")))).All(r => r),
        ElectionLimit,
        () => "all nodes ready");

    /// <summary>Every node votes, under the disk that it has now.</summary>
    public Task AllVote() => Eventually.Holds(
        async () =>
        {
            using var picture = JsonDocument.Parse(await (await Leader()).Http.GetStringAsync(new Uri("/cluster", UriKind.Relative)));
            return picture.RootElement.GetProperty("nodes").EnumerateArray().All(n => n.GetProperty("voter").GetBoolean());
        },
        ReplacementLimit,
        () => "every node votes");

    public async Task End(bool showLogs)
    {
        await Network.DisposeAsync(); // first: it asks the nodes who calls
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }

        foreach (var redis in Redis)
        {
            await redis.DisposeAsync();
        }

        KeepLogs(showLogs);
        Directory.Delete(_folder, recursive: true);
        if (Ground is not null)
        {
            await Ground.DisposeAsync();
        }
    }

    /// <summary>Null: the connection is gone, or nobody's who is known.</summary>
    private string? Caller(int port, int relay)
    {
        var running = Nodes.Where(n => n.Runs).ToList();
        var owner = Sockets.Owner(port, relay, running.Select(n => n.Process.Id).Append(Environment.ProcessId));
        return owner == Environment.ProcessId ? "the test" : running.Find(n => n.Process.Id == owner)?.Name;
    }

    /// <summary>All of them, where CI or a developer finds them; to be shown, their ends with the test's result.</summary>
    private void KeepLogs(bool show)
    {
        var test = TestContext.Current.Test?.TestDisplayName ?? Path.GetFileName(_folder);
        var kept = Path.Combine(Programs.Repository, "artifacts", "cluster-tests", string.Concat(test.Where(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.')));
        Directory.CreateDirectory(kept);
        foreach (var log in Directory.EnumerateFiles(_folder, "*.log"))
        {
            var copy = Path.Combine(kept, Path.GetFileName(log));
            File.Copy(log, copy, overwrite: true);
            if (show)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"--- the end of {copy}\n{string.Join('\n', File.ReadLines(log).TakeLast(40))}");
            }
        }
    }

    private string In(int member, int port) => string.Create(CultureInfo.InvariantCulture, $"http://{Spaces!.Address(member)}:{port}");

    private static string Local(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
}
