using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Driving;

namespace RestReplicas.Benchmarks.Comparing;

internal enum Store
{
    Ours,
    Etcd,
    Bare,
}

/// <summary>What has happened to one of the followers, before the load begins.</summary>
internal enum Followers
{
    Alive,
    OneDead,
    OneFrozen,
}

/// <summary>One bar of a row: whom the load is for, and which.</summary>
internal sealed record Side(Store Store, string Words, bool AtLeader, Func<Contestant, Mix> Mix, Followers Followers = Followers.Alive)
{
    public string Name => Words.Length > 0 ? $"{StoreName}, {Words}" : StoreName;

    private string StoreName => Store switch
    {
        Store.Ours => "RestReplicas",
        Store.Etcd => "etcd",
        _ => "bare Kestrel",
    };
}

/// <summary>What is to be reached: the first side's figure divided by another one's.</summary>
/// <param name="Against">Which side of the row.</param>
internal sealed record Target(string Figure, int Against, Func<Measurement, double> Of, double Bound, bool AtMost = false)
{
    public bool Reached(double ratio) => AtMost ? ratio <= Bound : ratio >= Bound;
}

/// <summary>One comparison. The first side is the one that has targets.</summary>
internal sealed record Row(string Word, string Name, int Connections, IReadOnlyList<Side> Sides, IReadOnlyList<Target> Targets)
{
    private const int Many = 64;

    public static readonly IReadOnlyList<Row> All =
    [
        new("writes-64", "writes, 64 connections", Many, Both(Writing), [Throughput(1, 3), P99(1, 0.5), Cpu(1, 1.0 / 3)]),
        new("writes-256", "writes, 256 connections", 256, Both(Writing), [Throughput(1, 2.5)]),
        new("writes-1", "writes, 1 connection", 1, Both(Writing), [Throughput(1, 1.5)]),
        new(
            "local",
            "local reads on a follower, 64 connections",
            Many,
            [
                new(Store.Ours, "local", AtLeader: false, Local),
                new(Store.Etcd, "serializable", AtLeader: false, Local),
                new(Store.Bare, "constant answer", AtLeader: false, Local),
            ],
            [Throughput(1, 4), Throughput(2, 0.6)]),
        new(
            "linearizable-leader",
            "linearizable reads on the leader, 64 connections",
            Many,
            [
                new(Store.Ours, "linearizable", AtLeader: true, Linearizable),
                new(Store.Etcd, "linearizable", AtLeader: true, Linearizable),
                new(Store.Ours, "local", AtLeader: true, Local),
            ],
            [Throughput(1, 3), Throughput(2, 0.8)]),
        new(
            "linearizable-follower",
            "linearizable reads on a follower, 64 connections",
            Many,
            [new(Store.Ours, "", AtLeader: false, Linearizable), new(Store.Etcd, "", AtLeader: false, Linearizable)],
            [Throughput(1, 2)]),
        new(
            "mix",
            "90 % reads, 10 % writes on the leader, 64 connections",
            Many,
            [new(Store.Ours, "local reads", AtLeader: true, Mixed), new(Store.Etcd, "serializable reads", AtLeader: true, Mixed)],
            [Throughput(1, 4)]),
        Without("dead", "writes with a follower dead, 64 connections", Followers.OneDead, "one dead"),
        Without("frozen", "writes with a follower frozen, 64 connections", Followers.OneFrozen, "one frozen"),
    ];

    private static Row Without(string word, string name, Followers followers, string words) => new(
        word,
        name,
        Many,
        [
            new(Store.Ours, words, AtLeader: true, Writing, followers),
            new(Store.Ours, "all alive", AtLeader: true, Writing),
            new(Store.Etcd, words, AtLeader: true, Writing, followers),
            new(Store.Etcd, "all alive", AtLeader: true, Writing),
        ],
        [Throughput(1, 0.95)]);

    private static Side[] Both(Func<Contestant, Mix> mix) =>
        [new(Store.Ours, "", AtLeader: true, mix), new(Store.Etcd, "", AtLeader: true, mix)];

    private static Mix Writing(Contestant contestant) => new(contestant.Put);

    private static Mix Local(Contestant contestant) => new(contestant.Get(linearizable: false));

    private static Mix Linearizable(Contestant contestant) => new(contestant.Get(linearizable: true));

    private static Mix Mixed(Contestant contestant) => new(contestant.Get(linearizable: false), contestant.Put, RareShare: 0.1);

    private static Target Throughput(int against, double atLeast) => new("throughput", against, m => m.Throughput, atLeast);

    private static Target P99(int against, double atMost) => new("p99", against, m => m.P99, atMost, AtMost: true);

    private static Target Cpu(int against, double atMost) => new("CPU", against, m => m.Cpu, atMost, AtMost: true);
}
