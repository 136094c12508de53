using System.ComponentModel.DataAnnotations;

namespace RestReplicas.Documents.Feeds;

/// <summary>
/// Section <c>Changes</c>: readers of the change feed. How far back it goes is <see cref="Storage.StorageOptions.LogWindowBytes"/>.
/// </summary>
public sealed record ChangeOptions
{
    public const string Section = "Changes";

    /// <summary>Readers at one time, streams and long polls together; more are answered 429. 1 to 100,000; default 1,000.</summary>
    [Range(1, 100_000)]
    public int Readers { get; set; } = 1000;

    /// <summary>
    /// How long a stream stays silent: then comes a comment, or a bookmark if the position has moved on. So readers that are
    /// gone are noticed, and proxies do not take the stream for dead. 10 ms to 10 min; default 15 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The longest <c>wait</c> that a client may name. 0 to 10 min; default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan LongestWait { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a stream's socket may take no byte of what is sent; then its reader is dropped. 10 ms to 10 min; default 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan SendLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Events of one JSON answer where the client names no <c>limit</c>. 1 to 1,000; default 100.</summary>
    [Range(1, 1000)]
    public int PageSize { get; set; } = 100;

    /// <summary>The largest <c>limit</c> that a client may name. 1 to 10,000; default 1,000.</summary>
    [Range(1, 10_000)]
    public int MaxPageSize { get; set; } = 1000;

    /// <summary>
    /// Bytes of the log that a reader holds at once, but at least one entry; about as much waits for its socket. 1 KiB to
    /// 64 MiB; default 256 KiB.
    /// </summary>
    [Range(1 << 10, 1 << 26)]
    public int ReadBytes { get; set; } = 256 * 1024;

    /// <summary>Bytes of the newest changes kept in memory for all who read at the end of the log. 0 to 1 GiB; default 8 MiB.</summary>
    [Range(0, 1L << 30)]
    public long TailBytes { get; set; } = 8 << 20;
}
