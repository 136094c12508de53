namespace RestReplicas.Protocol;

/// <summary>The settings of a replica; protocol.md §12. Checked by the service at start.</summary>
public sealed record ReplicaOptions
{
    public required NodeName Name { get; init; }

    public required NodeAddress Address { get; init; }

    /// <summary>The first voters, this node among them or not. Read only while the log is empty (§10).</summary>
    public required IReadOnlyList<NodeName> Voters { get; init; }

    /// <summary>How often the leader says that it is there.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a voter that heard a leader refuses everybody else.</summary>
    public TimeSpan ElectionSilence { get; init; } = TimeSpan.FromMilliseconds(1000);

    /// <summary>A leader without answers from a majority for this long steps down.</summary>
    public TimeSpan QuorumTimeout { get; init; } = TimeSpan.FromMilliseconds(800);

    public TimeSpan CampaignLimit { get; init; } = TimeSpan.FromMilliseconds(1000);

    /// <summary>Null: no Redis; voters stand after a random wait.</summary>
    public LeaseRules? Lease { get; init; } = new();

    /// <summary>A voter whose disk was lost is given to its new disk when the old one was not heard for this long; null: never by itself.</summary>
    public TimeSpan? ReplaceAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A follower that was sent a snapshot and is silent for longer has no log kept for it any more.</summary>
    public TimeSpan SnapshotPin { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Every so many entries all nodes take a digest of their state, to be compared.</summary>
    public long DigestEvery { get; init; } = 1024;

    /// <summary>A leader's save under way for longer is a failed one.</summary>
    public TimeSpan SaveLimit { get; init; } = TimeSpan.FromSeconds(2);
}

public sealed record LeaseRules
{
    public TimeSpan RenewEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Redis silent for this long, and no leader heard: stand without a lease.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The strict rule: a leader whose lease is lost or over steps down, and nobody stands without a lease. Costs
    /// availability when Redis fails, and buys no safety: votes decide.
    /// </summary>
    public bool StepDownOnLoss { get; init; }
}

/// <summary>What a replica starts from: the file's promises, and what only the world can mint.</summary>
public sealed record Boot
{
    public required DiskId Disk { get; init; }

    public ClusterId? Cluster { get; init; }

    public Term Term { get; init; }

    public DiskId? VotedFor { get; init; }

    /// <summary>Which term every index has; the replica takes it over.</summary>
    public required LogShape Log { get; init; }

    /// <summary>The configuration in force at the log's base, if it has one, and every configuration entry in the log, in order.</summary>
    public IReadOnlyList<(long Index, Configuration Configuration)> Configurations { get; init; } = [];

    public long Applied { get; init; }

    /// <summary>Of the last entry in the log.</summary>
    public long LastTimestamp { get; init; }

    /// <summary>Random, fresh for this process: names its stamps.</summary>
    public required ulong Nonce { get; init; }

    /// <summary>Random: the seed of every wait that this replica draws.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Random: the cluster's id, if this replica comes to found one.</summary>
    public required ClusterId Fresh { get; init; }

    /// <summary>The last save failed: do not stand until one has succeeded (§5).</summary>
    public bool SaveFailed { get; init; }

    /// <summary>The disk was minted in the place of one that was lost or damaged: it is never empty, and founds nothing (§9).</summary>
    public bool Replacement { get; init; }

    /// <summary>Why the state is marked as damaged, and to be replaced (§9); null: it is not.</summary>
    public string? Damaged { get; init; }

    /// <summary>Of the state at <see cref="Applied"/>.</summary>
    public Digest? Digest { get; init; }
}
