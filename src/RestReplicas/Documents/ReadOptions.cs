using System.ComponentModel.DataAnnotations;

namespace RestReplicas.Documents;

/// <summary>Section <c>Reads</c>.</summary>
public sealed record ReadOptions
{
    public const string Section = "Reads";

    /// <summary>How long a read may take where the client names no <c>timeout</c>. 1 ms to 10 min; default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest <c>timeout</c> that a client may name. 1 ms to 10 min; default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan LongestTimeLimit { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a node that is behind a read's bounds waits for replication before it redirects. 0 to 10 s; default
    /// 250 ms: two heartbeats and a half.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan CatchUp { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Lists with filters or a sort that are read or wait at once; more are answered 429. 1 to 100,000; default 1,000.
    /// </summary>
    [Range(1, 100_000)]
    public int ListQueue { get; set; } = 1000;

    /// <summary>
    /// Bytes of documents from which an answer is compressed for clients that ask for it. 0 to 2,147,483,647 (never);
    /// default 1 KiB: below, it saves no packet.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int CompressFrom { get; set; } = 1024;
}
