using RestReplicas.Protocol;

namespace RestReplicas.Tests.Peers;

/// <summary>One message of every shape.</summary>
internal static class Messages
{
    public static readonly DiskId Disk = new(Guid.Parse("0f0e0d0c-0b0a-0908-0706-050403020100"));
    public static readonly ClusterId Cluster = new(Guid.Parse("ffeeddcc-bbaa-9988-7766-554433221100"));
    public static readonly NodeAddress Address = new("http://127.0.0.1:8081", "http://127.0.0.1:9081");
    public static readonly Header Header = new(new("n1"), Disk, Cluster, new(5));
    public static readonly Position Previous = new(new(4), 7);

    public static readonly IReadOnlyList<Entry> NoEntries = [];

    private static readonly StateDigest Digest = new(4, new(1, UInt128.MaxValue - 5));
    private static readonly Stamp Stamp = new(ulong.MaxValue, new(TimeSpan.FromTicks(123_456_789), 1_700_000_000_000));

    public static IReadOnlyDictionary<string, Request> Requests { get; } = new Dictionary<string, Request>
    {
        ["heartbeat"] = new AppendRequest(Header, Address, Previous, [], 6, null, null),
        ["echo"] = new AppendRequest(Header, Address, Previous, [], 6, new(Stamp, TimeSpan.FromMilliseconds(1.5)), "token"),
        ["offer"] = new AppendRequest(
            Header, Address, Previous, [], 6, null, null, new(new(Guid.NewGuid(), Previous, 1 << 20, new('a', 64), Digest.Digest), true, false), Digest),
        ["batch"] = Append(Entry(8, "{}"u8.ToArray()), Entry(9, [])),
        ["pre-vote"] = new VoteRequest(Header, true, Previous, null),
        ["founding vote"] = new VoteRequest(Header with { Cluster = null }, false, Position.Zero, [new("n1"), new("n2")]),
        ["ordered vote"] = new VoteRequest(Header, false, Previous, null, Ordered: true),
        ["announce"] = new AnnounceRequest(Header with { Cluster = null }, Address),
        ["transfer"] = new TransferRequest(Header, Previous, Stamp, TimeSpan.FromSeconds(1)),
        ["read index"] = new ReadIndexRequest(Header),
    };

    public static IReadOnlyDictionary<string, Response> Responses { get; } = new Dictionary<string, Response>
    {
        ["refused"] = new RefusedResponse(Header, 1, RequestRefusal.OtherCluster),
        ["matched"] = new AppendResponse(Header, 2, true, Previous, Stamp, Address, StateReport.Nothing),
        ["mismatch"] = new AppendResponse(Header, 2, false, Position.Zero, Stamp, Address, new(6, true, true, Digest, Digest with { Index = 6 })),
        ["granted"] = new VoteResponse(Header, 3, false, null, TimeSpan.Zero, true, false),
        ["silence"] = new VoteResponse(Header, 3, true, VoteRefusal.HeardLeader, TimeSpan.FromMilliseconds(700), false, true),
        ["confirmed"] = new ReadIndexResponse(Header, 4, 0),
        ["announced"] = new AnnounceResponse(Header, 6, new("n2"), Address),
        ["nobody leads"] = new AnnounceResponse(Header, 6, null, null),
        ["obeyed"] = new TransferResponse(Header, 5, true),
        ["unconfirmed"] = new ReadIndexResponse(Header, 4, null),
    };

    public static AppendRequest Append(params Entry[] entries) => new(Header, Address, Previous, entries, 6, null, null);

    public static Entry Entry(long index, byte[] payload) =>
        Protocol.Entry.Create(new(new(5), index), EntryKind.Command, 1_700_000_000_000, payload);
}
