using System.ComponentModel.DataAnnotations;

namespace RestReplicas.Cluster;

/// <summary>
/// Section <c>Replication</c>: the timing and the limits of the protocol, the same on every node (protocol.md §12).
/// Heartbeat × 3 &lt; QuorumTimeout &lt; ElectionSilence &lt; the lease's TTL.
/// </summary>
public sealed record ReplicationOptions
{
    public const string Section = "Replication";

    /// <summary>How often a leader says that it is there. 10 ms to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:10")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a voter that heard a leader refuses everybody else. 50 ms to 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan ElectionSilence { get; set; } = TimeSpan.FromMilliseconds(1000);

    /// <summary>A leader without answers from a majority for this long steps down. 40 ms to 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.040", "00:01:00")]
    public TimeSpan QuorumTimeout { get; set; } = TimeSpan.FromMilliseconds(800);

    /// <summary>A campaign that takes longer is given up. 50 ms to 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan CampaignLimit { get; set; } = TimeSpan.FromMilliseconds(1000);

    /// <summary>A leader whose disk takes longer than this for one save steps down. 100 ms to 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan SaveLimit { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a voter's old disk must be silent before its new one replaces it. 1 s to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ReplaceAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many entries apart nodes compare the digests of their states. 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int DigestEvery { get; set; } = 1024;

    /// <summary>
    /// How long the log is kept for a follower that is silent, a snapshot's receiver included, as far as Storage:LogBytes
    /// allows. 1 s to 1 day.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SnapshotPin { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long one attempt to deliver a batch may take. 50 ms to 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan BatchLimit { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Bytes of entries in one append; a single entry may be larger. 4 KiB to 64 MiB.</summary>
    [Range(4 * 1024, 64 * 1024 * 1024)]
    public int BatchBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// Bytes of one message that a peer accepts; above <see cref="BatchBytes"/> and above the largest document.
    /// 1 MiB to 1 GiB.
    /// </summary>
    [Range(1024 * 1024, 1024 * 1024 * 1024)]
    public int MessageBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Requests of peers that may wait here for their answer; more are refused. 16 to 100,000.</summary>
    [Range(16, 100_000)]
    public int PeerQueue { get; set; } = 1024;

    /// <summary>
    /// Bytes of recent entries kept in memory for followers that are nearly up to date; others are sent them from the file. What is
    /// kept for longer than a moment, every collection of the young generation copies: more makes writes wait. 64 KiB to 1 GiB.
    /// </summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int TailBytes { get; set; } = 512 * 1024;

    /// <summary>Writes that may wait here, queued or in the log; more are answered 429. 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int WriteQueue { get; set; } = 10_000;

    /// <summary>Bytes of writes that may wait here; more are answered 429. 1 MiB to 4 GiB.</summary>
    [Range(1024L * 1024, 4L * 1024 * 1024 * 1024)]
    public long WriteQueueBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Linearizable reads that may wait here. 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int ReadQueue { get; set; } = 10_000;

    /// <summary>How often a failed batch is tried again before the replica composes a new one. 0 to 10.</summary>
    [Range(0, 10)]
    public int BatchRetries { get; set; } = 2;
}
