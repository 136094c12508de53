using RestReplicas.Protocol;

namespace RestReplicas.Tests.Cluster;

/// <summary>What a replica of three voters would show; this node is n1.</summary>
internal static class Views
{
    public static readonly NodeName Self = new("n1");
    public static readonly DiskId Disk = new(new Guid(1, 0, 0, new byte[8]));

    private static readonly DiskId SecondDisk = new(new Guid(2, 0, 0, new byte[8]));
    private static readonly DiskId ThirdDisk = new(new Guid(3, 0, 0, new byte[8]));

    private static readonly Configuration Three = new(
        new(Guid.Empty), [new(Self, Disk), new(new("n2"), SecondDisk), new(new("n3"), ThirdDisk)]);

    /// <param name="second">What n2 has on disk.</param>
    public static ReplicaView Leading(long term, long saved, long second = 0, long third = 0) => Of(Role.Leader, term, saved) with
    {
        Serving = true,
        Followers =
        [
            new(new("n2"), SecondDisk, null, second, TimeSpan.Zero, Counts: true),
            new(new("n3"), ThirdDisk, null, third, TimeSpan.Zero, Counts: true),
        ],
    };

    public static ReplicaView Following(long term, long saved) => Of(Role.Follower, term, saved);

    private static ReplicaView Of(Role role, long term, long saved) => new(
        role, new(term), null, null, LeaderHeard: true, Serving: false, new(new(term), saved), saved, 0, 0, null,
        new(LeaseState.NotConfigured, null), Three, [], null);
}
