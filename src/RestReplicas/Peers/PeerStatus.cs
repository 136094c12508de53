using System.Globalization;
using RestReplicas.Cluster;
using RestReplicas.Protocol;

namespace RestReplicas.Peers;

/// <summary>
/// What a node says of itself on <c>GET /peer/status</c>; <c>GET /cluster</c> puts those of all nodes together. Positions are
/// written <c>term.index</c>, times are milliseconds.
/// </summary>
/// <param name="Cluster">Null: it belongs to no cluster yet.</param>
/// <param name="StalenessMs">Null: it has no bound.</param>
/// <param name="ConfiguredVoters"><c>Cluster:Voters</c> of this node.</param>
/// <param name="Voters">The configuration in force; null: none yet.</param>
/// <param name="Followers">As the leader sees them; elsewhere empty.</param>
/// <param name="LastRefusal">Why its last campaign failed, or why it stepped down.</param>
public sealed record PeerStatus(
    string Name,
    string Disk,
    string? Cluster,
    string Role,
    bool Serving,
    long Term,
    string? Leader,
    bool LeaderHeard,
    string PublicUrl,
    string PeerUrl,
    string Last,
    long Saved,
    long Commit,
    string Applied,
    double? StalenessMs,
    string Lease,
    bool Draining,
    string? LastError,
    string? LastRefusal,
    IReadOnlyList<string> ConfiguredVoters,
    IReadOnlyList<PeerStatus.VoterStatus>? Voters,
    IReadOnlyList<PeerStatus.FollowerStatus> Followers)
{
    public required DigestStatus Digest { get; init; }

    /// <summary>Index of the first entry that its log still has; a follower that needs an older one is sent a snapshot.</summary>
    public long LogFrom { get; init; }

    /// <summary>Why its state is not to be trusted; null: it is.</summary>
    public string? Damage { get; init; }

    /// <summary>Its disk has less room than its <c>Storage:Reserve</c>.</summary>
    public bool StorageLow { get; init; }

    /// <param name="Index">Of the last entry that is in it.</param>
    /// <param name="Version">Digests of other versions say nothing about this one.</param>
    /// <param name="Sum">Hexadecimal.</param>
    public sealed record DigestStatus(long Index, int Version, string Sum);

    public sealed record VoterStatus(string Name, string Disk);

    /// <param name="LastAnswerMs">Since its last answer; null: none in this term.</param>
    /// <param name="Counts">Its copy counts towards a majority.</param>
    public sealed record FollowerStatus(string Name, string? Disk, string? PublicUrl, long Match, double? LastAnswerMs, bool Counts);

    public static PeerStatus Of(NodeStatus status, Moment now)
    {
        var view = status.View;
        return new(
            status.Name.Value,
            status.Disk.ToString(),
            view.Configuration?.Cluster.ToString(),
            view.Role.ToString().ToLowerInvariant(),
            view.Serving,
            view.Term.Value,
            view.Leader?.Value,
            view.LeaderHeard,
            status.Address.PublicUrl,
            status.Address.PeerUrl,
            view.Last.ToString(),
            view.Saved,
            view.Commit,
            status.Applied.ToString(),
            view.Freshness?.Staleness(now)?.TotalMilliseconds,
            view.Lease.State.Word(),
            status.Draining,
            status.LastError,
            view.Refusal,
            [.. status.ConfiguredVoters.Select(name => name.Value)],
            view.Configuration is { } c ? [.. c.Voters.Select(v => new VoterStatus(v.Name.Value, v.Disk.ToString()))] : null,
            [.. view.Followers.Select(f => new FollowerStatus(
                f.Name.Value, f.Disk?.ToString(), f.Address?.PublicUrl, f.Match, f.LastAnswerAgo?.TotalMilliseconds, f.Counts))])
        {
            Digest = new(status.Digest.Index, status.Digest.Digest.Version, status.Digest.Digest.Sum.ToString("x32", CultureInfo.InvariantCulture)),
            LogFrom = status.View.Base + 1,
            Damage = status.Damage,
            StorageLow = status.StorageLow,
        };
    }
}
