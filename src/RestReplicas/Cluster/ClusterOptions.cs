using System.ComponentModel.DataAnnotations;
using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>Section <c>Cluster</c>: the same on every node.</summary>
public sealed record ClusterOptions
{
    public const string Section = "Cluster";

    /// <summary>Keeps clusters that share a Redis apart, and their data directories.</summary>
    [Required]
    [RegularExpression("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")]
    public string Name { get; set; } = "restreplicas";

    /// <summary>What nodes show each other. Without one the peer listener must be on loopback. At least 16 characters.</summary>
    [MinLength(16)]
    public string? Secret { get; set; }

    /// <summary>The first voters, name → peer URL, the same on every node. Read only while the log is empty.</summary>
    [Required]
    [MinLength(1)]
    public Dictionary<string, string> Voters { get; set; } = [];

    internal IReadOnlyList<NodeName> VoterNames => [.. Voters.Keys.Select(name => new NodeName(name)).OrderBy(n => n.Value, StringComparer.Ordinal)];

    /// <summary>Who gives the vote of a lost disk to the one that came in its place: the leader by itself, or the operator.</summary>
    [EnumDataType(typeof(DiskReplacement))]
    public DiskReplacement ReplaceDisks { get; set; } = DiskReplacement.Automatic;

    /// <summary>
    /// A disk that came in the place of a damaged one may take part in founding the cluster, like an empty one. Only where
    /// no other disk holds anything any more. Default false.
    /// </summary>
    public bool Found { get; set; }
}

/// <summary>What a leader does about a voter that comes back with another disk.</summary>
public enum DiskReplacement
{
    /// <summary>Once it has caught up, and the old disk was not heard for <see cref="ReplicationOptions.ReplaceAfter"/>.</summary>
    Automatic,

    /// <summary>Nothing: <c>DELETE</c> and <c>PUT /cluster/voters/{name}</c> do it.</summary>
    Manual,
}
