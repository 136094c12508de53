using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// What a store tells its node. All come from the store's threads, and must not wait. After <see cref="Failed"/>, which
/// comes once at most, nothing more is written or reported.
/// </summary>
public sealed record StoreReports
{
    /// <summary>How many entries apart digests are reported.</summary>
    public int DigestEvery { get; init; } = 1024;

    /// <summary>After each sync: everything up to this ticket is on disk. In order.</summary>
    public required Action<long> Saved { get; init; }

    /// <summary>
    /// What readers see by now; and the digest at each multiple of <see cref="DigestEvery"/> that was passed, and at the
    /// last entry, oldest first.
    /// </summary>
    public required Action<IReadOnlyList<AppliedEntry>, IReadOnlyList<StateDigest>> Applied { get; init; }

    /// <summary>At once, and then when enough was applied to move them.</summary>
    public Action<LogBounds> Bounds { get; init; } = _ => { };

    /// <summary>Whether the disk has less room than <see cref="StorageOptions.Reserve"/>, when that changes; it has not, at first.</summary>
    public Action<bool> Space { get; init; } = _ => { };

    public required Action<Exception> Failed { get; init; }

    /// <summary>
    /// Evidence that the state is damaged: once per store at most. Nothing is applied any more; saving goes on.
    /// </summary>
    public required Action<string> Damaged { get; init; }
}
