using System.ComponentModel.DataAnnotations;

namespace RestReplicas.Cluster;

/// <summary>Section <c>Node</c>: what differs from node to node.</summary>
public sealed record NodeOptions
{
    public const string Section = "Node";

    /// <summary>Unique in the cluster: a letter or digit, then letters, digits, <c>_</c>, <c>-</c> or <c>.</c>; at most 64.</summary>
    [Required]
    [RegularExpression("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")]
    public string Name { get; set; } = "";

    /// <summary>Where clients are sent: <c>http://127.0.0.1:8081</c>.</summary>
    [Required]
    [Url]
    public string PublicUrl { get; set; } = "";

    /// <summary>Where the other nodes reach this one: <c>http://127.0.0.1:9081</c>.</summary>
    [Required]
    [Url]
    public string PeerUrl { get; set; } = "";

    /// <summary>What is bound for clients, if not <see cref="PublicUrl"/>: <c>http://0.0.0.0:8080</c>.</summary>
    public string? PublicListen { get; set; }

    /// <summary>What is bound for peers, if not <see cref="PeerUrl"/>.</summary>
    public string? PeerListen { get; set; }

    /// <summary>One directory per node, on a disk of its own if that can be had.</summary>
    [Required]
    public string DataDirectory { get; set; } = "";

    /// <summary>
    /// Plays a failover through after the start, with throw-away replicas in the same process, so that this node's first real
    /// one need not wait for the compiler. About a second of one processor.
    /// </summary>
    public bool Rehearse { get; set; } = true;
}
