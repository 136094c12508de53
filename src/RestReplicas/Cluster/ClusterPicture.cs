using RestReplicas.Peers;
using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>Puts together what every node says of itself, and what follows from it for the whole.</summary>
public sealed class ClusterPicture(Node node, PeerClient peers)
{
    /// <summary>A node that takes longer counts as unreachable: an operator asks when something is wrong.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public async Task<ClusterBody> Take(CancellationToken cancellationToken)
    {
        var own = node.Status;
        var answers = await Task.WhenAll(Names(own).Select(async name =>
            (name.Value, Status: name == own.Name ? PeerStatus.Of(own, node.Now) : await peers.Status(name, Patience, cancellationToken))));
        return Compose(own.Name.Value, [.. answers]);
    }

    /// <param name="answers">Of every node that is known, in order; null: it did not answer.</param>
    public static ClusterBody Compose(string askedOf, IReadOnlyList<(string Name, PeerStatus? Status)> answers)
    {
        var reached = answers.Select(a => a.Status).OfType<PeerStatus>().ToList();
        var leader = reached.Where(s => s.Role == "leader").MaxBy(s => s.Term);
        var voters = (leader ?? reached.Where(s => s.Voters is not null).MaxBy(s => s.Term))?.Voters ?? [];
        var committed = reached.Select(s => s.Commit).DefaultIfEmpty().Max();

        // A voter counts while it answers under the disk that the configuration names.
        var up = reached.Where(s => voters.Any(v => s.Name == v.Name && s.Disk == v.Disk)).ToList();
        var majority = (voters.Count / 2) + 1;

        // A majority must have room, and one of them a state to lead with: the others only vote and keep the log.
        var tolerates = Math.Min(up.Count(s => !s.StorageLow) - majority, up.Count(s => s.Damage is null) - 1);
        return new(
            reached.Select(s => s.Cluster).FirstOrDefault(id => id is not null),
            askedOf,
            leader?.Name,
            leader?.PublicUrl,
            leader?.Term,
            voters.Count,
            voters.Count > 0 && up.Count >= majority,
            Math.Max(0, tolerates),
            [.. answers.Select(a => Describe(a.Name, a.Status, voters, committed))]);
    }

    private static ClusterNode Describe(
        string name, PeerStatus? status, IReadOnlyList<PeerStatus.VoterStatus> voters, long committed) =>
        new(name, status is not null)
        {
            Voter = status is null ? voters.Any(v => v.Name == name) : voters.Any(v => v.Name == name && v.Disk == status.Disk),
            LagEntries = status is null || !Position.TryParse(status.Applied, out var applied) ? null : Math.Max(0, committed - applied.Index),
            LagMs = status?.StalenessMs,
            Role = status?.Role,
            Serving = status?.Serving,
            Disk = status?.Disk,
            Term = status?.Term,
            PublicUrl = status?.PublicUrl,
            PeerUrl = status?.PeerUrl,
            Last = status?.Last,
            Saved = status?.Saved,
            Commit = status?.Commit,
            Applied = status?.Applied,
            Digest = status?.Digest,
            LogFrom = status?.LogFrom,
            Damage = status?.Damage,
            StorageLow = status?.StorageLow,
            Lease = status?.Lease,
            Draining = status?.Draining,
            LastError = status?.LastError,
            LastRefusal = status?.LastRefusal,
            ConfiguredVoters = status?.ConfiguredVoters,
        };

    private static IEnumerable<NodeName> Names(NodeStatus own) =>
        own.ConfiguredVoters
            .Concat(own.View.Configuration?.Voters.Select(v => v.Name) ?? [])
            .Concat(own.View.Followers.Select(f => f.Name))
            .Append(own.Name)
            .Distinct()
            .OrderBy(name => name.Value, StringComparer.Ordinal);
}

/// <param name="Cluster">The cluster's id; null: not founded yet.</param>
/// <param name="Node">Who was asked.</param>
/// <param name="Leader">Null: none of the nodes that answered leads.</param>
/// <param name="Quorum">A majority of the voters answers.</param>
/// <param name="Tolerates">How many more voters may fail before writes stop.</param>
public sealed record ClusterBody(
    string? Cluster,
    string Node,
    string? Leader,
    string? LeaderUrl,
    long? Term,
    int Voters,
    bool Quorum,
    int Tolerates,
    IReadOnlyList<ClusterNode> Nodes);

/// <param name="Reachable">It answered the node that was asked.</param>
public sealed record ClusterNode(string Name, bool Reachable)
{
    /// <summary>The configuration in force names its disk.</summary>
    public bool Voter { get; init; }

    /// <summary>Committed entries that it has not applied.</summary>
    public long? LagEntries { get; init; }

    /// <summary>Its staleness bound in milliseconds; null: none, or it did not answer.</summary>
    public double? LagMs { get; init; }

    // What follows it says of itself; null: it did not answer, or has nothing to say.
    public string? Role { get; init; }

    /// <summary>It leads, and the first entry of its term is applied.</summary>
    public bool? Serving { get; init; }

    public string? Disk { get; init; }

    public long? Term { get; init; }

    public string? PublicUrl { get; init; }

    public string? PeerUrl { get; init; }

    /// <summary>The last position in its log.</summary>
    public string? Last { get; init; }

    /// <summary>How far its log is on disk.</summary>
    public long? Saved { get; init; }

    /// <summary>How far it knows the log to be committed.</summary>
    public long? Commit { get; init; }

    /// <summary>How far readers see the log there.</summary>
    public string? Applied { get; init; }

    /// <summary>Of the state there; nodes that have applied the same have the same.</summary>
    public PeerStatus.DigestStatus? Digest { get; init; }

    /// <summary>Index of the first entry that its log still has; a follower that needs an older one is sent a snapshot.</summary>
    public long? LogFrom { get; init; }

    /// <summary>Why its state is not to be trusted, and not read; null: it is.</summary>
    public string? Damage { get; init; }

    /// <summary>Its disk has less room than its <c>Storage:Reserve</c>.</summary>
    public bool? StorageLow { get; init; }

    /// <summary><c>not-configured</c>, <c>none</c>, <c>held</c> or <c>failsafe</c> (it leads although the lease is unknown or lost).</summary>
    public string? Lease { get; init; }

    /// <summary>It is stopping.</summary>
    public bool? Draining { get; init; }

    public string? LastError { get; init; }

    /// <summary>Why its last campaign failed, or why it stepped down.</summary>
    public string? LastRefusal { get; init; }

    /// <summary>Its setting, which may differ from the voters in force.</summary>
    public IReadOnlyList<string>? ConfiguredVoters { get; init; }
}
