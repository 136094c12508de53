using System.ComponentModel.DataAnnotations;

namespace RestReplicas.Documents;

/// <summary>What a follower does with what only the leader can answer.</summary>
public enum OnFollower
{
    /// <summary>307 to the leader's public URL.</summary>
    Redirect,

    /// <summary>Relay it, for clients that cannot reach the leader's public URL.</summary>
    Forward,
}

/// <summary>Section <c>Writes</c>.</summary>
public sealed record WriteOptions
{
    public const string Section = "Writes";

    /// <summary>Redirect or Forward; default Redirect. Requests with an Authorization header are relayed in any case.</summary>
    [EnumDataType(typeof(OnFollower))]
    public OnFollower OnFollower { get; set; } = OnFollower.Redirect;

    /// <summary>How long a write may take where the client names no <c>timeout</c>. 1 ms to 10 min; default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest <c>timeout</c> that a client may name. 1 ms to 10 min; default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan LongestTimeLimit { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of bodies that may be in memory at once; more requests are answered 429. 1 MiB to 16 GiB; default 128 MiB.</summary>
    [Range(1L << 20, 16L << 30)]
    public long BodyBytes { get; set; } = 128L << 20;

    /// <summary>Patches that may wait for others of the same document; more are answered 429. 1 to 1,000,000; default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int WaitingPatches { get; set; } = 10_000;

    /// <summary>Connections to the leader for relayed requests. 1 to 10,000; default 256.</summary>
    [Range(1, 10_000)]
    public int RelayConnections { get; set; } = 256;
}
