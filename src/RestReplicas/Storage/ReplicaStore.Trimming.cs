namespace RestReplicas.Storage;

// What the log no longer needs to hold goes, beside the saving.
public sealed partial class ReplicaStore
{
    /// <summary>How long a transaction may hold the write lock for trimming: votes and clients' writes wait for it.</summary>
    private static readonly TimeSpan TrimLimit = TimeSpan.FromMilliseconds(2);

    /// <summary>Entries that are removed at once: many cost little more than one.</summary>
    private const int TrimmedAtOnce = 64;

    private long _trimThrough;
    private bool _trimmedLast;

    /// <summary>What may go of what was asked for: only the outcome of an entry says that it was applied, and both go together.</summary>
    private long Trimmable => Math.Min(_trimThrough, _applying.LastIndex);

    /// <summary>
    /// Never waits. Entries up to this index and their outcomes are removed, as far as they are applied; their terms stay.
    /// </summary>
    public void Trim(long through)
    {
        lock (_gate)
        {
            _trimThrough = Math.Max(_trimThrough, through);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>
    /// Needs no sync of its own: it is a later transaction of the same WAL than the applying and the saves it relies on,
    /// so no crash keeps it without them.
    /// </summary>
    private void TrimSome(long through)
    {
        var started = _time.GetTimestamp();
        Transact(syncs: false, () =>
        {
            do
            {
                _log.ForgetThrough(Math.Min(_log.Base + TrimmedAtOnce, through));
            }
            while (_log.Base < through && _time.GetElapsedTime(started) < TrimLimit);

            _log.Rebase();
        });
        _sizes.Trim(_log.Base);
    }
}
