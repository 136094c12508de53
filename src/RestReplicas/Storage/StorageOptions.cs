using System.ComponentModel.DataAnnotations;

namespace RestReplicas.Storage;

/// <summary>Section <c>Storage</c>.</summary>
public sealed record StorageOptions : IValidatableObject
{
    public const string Section = "Storage";

    /// <summary>
    /// Bytes that the database file may grow to, without its WAL: it is as full then as on a full disk. 0: no limit but the disk's. Default 0.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MaxDatabaseBytes { get; init; }

    /// <summary>
    /// Bytes kept free for votes, deletes and trimming when the disk is full: a file of that size, and as much of
    /// <see cref="MaxDatabaseBytes"/>. A disk with less room is low: where no majority has more, writes but deletes are
    /// answered 507. 0 to 64 GiB, 0: none; default 64 MiB.
    /// </summary>
    [Range(0, 64L << 30)]
    public long Reserve { get; init; } = 64L << 20;

    /// <summary>
    /// Bytes of WAL that start a checkpoint beside the writing: the more, the more often a page that was written many times is
    /// copied once, and the longer a start copies what is left. 1 MiB to 1 GiB; default 128 MiB.
    /// </summary>
    [Range(1L << 20, 1L << 30)]
    public long CheckpointBytes { get; init; } = 128L << 20;

    /// <summary>
    /// Bytes of WAL at which writing waits for a checkpoint: the bound of the file. 2 MiB to 4 GiB, above
    /// <see cref="CheckpointBytes"/>; default 256 MiB.
    /// </summary>
    [Range(2L << 20, 4L << 30)]
    public long MaxWalBytes { get; init; } = 256L << 20;

    /// <summary>
    /// Bytes of documents in one page of a list, whatever its limit; a single larger document is a page. 1 KiB to
    /// 1 GiB; default 8 MiB.
    /// </summary>
    [Range(1L << 10, 1L << 30)]
    public long MaxPageBytes { get; init; } = 8L << 20;

    /// <summary>
    /// Bytes of entries kept in memory between being saved and being applied; more are read back from the file. 0 to
    /// 1 GiB; default 16 MiB.
    /// </summary>
    [Range(0, 1L << 30)]
    public long UnappliedBytes { get; init; } = 16L << 20;

    /// <summary>
    /// Bytes of entries and outcomes that the log keeps though no follower needs them: for the change feed, and for
    /// followers that come back soon. 64 KiB to 1 TiB; default 64 MiB.
    /// </summary>
    [Range(64L << 10, 1L << 40)]
    public long LogWindowBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Bytes of entries and outcomes that the log keeps for a follower that needs them; one that needs more is sent a
    /// snapshot. Four times as much is kept while it fetches that. 64 KiB to 1 TiB, not less than
    /// <see cref="LogWindowBytes"/>; default 1 GiB.
    /// </summary>
    [Range(64L << 10, 1L << 40)]
    public long LogBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of documents kept in memory, those that are read again and again. 0 to 16 GiB, 0: none; default 16 MiB.</summary>
    [Range(0, 16L << 30)]
    public long CacheBytes { get; init; } = 16L << 20;

    /// <summary>Reading connections kept open between reads; more are opened as needed. 1 to 256; default 16.</summary>
    [Range(1, 256)]
    public int PooledReaders { get; init; } = 16;

    /// <summary>
    /// Bytes of documents that are read in a second to check that they are what was written, beside all else and without
    /// end. 64 KiB to 1 GiB; default 256 KiB.
    /// </summary>
    [Range(1L << 16, 1L << 30)]
    public long CheckBytesPerSecond { get; init; } = 256L << 10;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MaxWalBytes <= CheckpointBytes)
        {
            yield return new("Storage:MaxWalBytes must be above Storage:CheckpointBytes.", [nameof(MaxWalBytes)]);
        }

        if (MaxDatabaseBytes > 0 && Reserve > MaxDatabaseBytes / 4)
        {
            yield return new("Storage:Reserve must be at most a quarter of Storage:MaxDatabaseBytes.", [nameof(Reserve)]);
        }

        if (LogBytes < LogWindowBytes)
        {
            yield return new("Storage:LogBytes must not be less than Storage:LogWindowBytes.", [nameof(LogBytes)]);
        }
    }
}
