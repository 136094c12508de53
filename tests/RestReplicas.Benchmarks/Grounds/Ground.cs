namespace RestReplicas.Benchmarks.Grounds;

/// <summary>Where a member listens, and where the others reach it.</summary>
internal sealed record Door(Uri Listen, Uri Reach);

/// <summary>What three members of a cluster stand on, and the cables between them.</summary>
internal abstract class Ground : IAsyncDisposable
{
    public const int Members = 3;

    /// <summary>For the table's note: how cables are cut here.</summary>
    public abstract string Cables { get; }

    /// <summary>The address of this process, as members reach it.</summary>
    public abstract string Here { get; }

    /// <summary>A namespace of its own for each member where the machine allows it; else relays, if cables are to be cut.</summary>
    public static async Task<Ground> Lay(bool withCables) =>
        await Namespaces.TryLay(Members) is { } spaces ? new NamespacedGround(spaces) : withCables ? new RelayedLoopback() : new Loopback();

    public abstract Door ForClients(int member);

    public abstract Door ForPeers(int member);

    /// <summary>The words before a command that put it on a member's ground.</summary>
    public virtual IReadOnlyList<string> Entering(int member) => [];

    /// <summary>Tells by which process a member is known from now on.</summary>
    public virtual void Occupied(int member, int process)
    {
    }

    /// <summary>Nothing reaches the member any more, and nothing says so.</summary>
    public abstract Task Cut(int member);

    public abstract Task Heal(int member);

    public abstract ValueTask DisposeAsync();
}
