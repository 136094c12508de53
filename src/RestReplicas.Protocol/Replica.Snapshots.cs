namespace RestReplicas.Protocol;

/// <summary>
/// Trimming the log, and snapshots for followers that need what was trimmed, or whose state is damaged (protocol.md §6,
/// §9).
/// </summary>
public sealed partial class Replica
{
    /// <summary>Between attempts to take, or to fetch, a snapshot: what failed once, for lack of space, say, fails again.</summary>
    private static readonly TimeSpan SnapshotPause = TimeSpan.FromSeconds(2);

    private LogBounds _bounds = new(0, 0, 0);
    private Snapshot? _snapshot;
    private long? _takingFrom;
    private TimeSpan _takeAt;
    private Fetch? _fetch;
    private TimeSpan _fetchAt;

    /// <summary>
    /// What no follower of late needs goes, within bounds: more than so much is not kept for a slow one, but the log after
    /// a snapshot under way is, for its receiver would only need another.
    /// </summary>
    private void TrimLog()
    {
        var needed = _followers.Values.Where(IsOfLate).Select(f => f.Match).DefaultIfEmpty(long.MaxValue).Min();
        var pinned = _followers.Values.Select(f => f.FetchesAt ?? long.MaxValue).Append(_takingFrom ?? long.MaxValue).Min();
        var through = Math.Max(_bounds.Full, Math.Min(_bounds.Idle, needed));
        through = Math.Min(_applied, Math.Max(_bounds.Hard, Math.Min(through, pinned)));
        if (through > _log.Base)
        {
            _log.Trim(through);
            _membership.Trim(through);
            Emit(new Trim(through));
        }
    }

    private bool IsOfLate(Progress follower) => _now.Clock - follower.HeardAt < _options.SnapshotPin;

    private bool NeedsSnapshot(Progress follower) => follower.Next <= _log.Base || follower == Repaired;

    /// <summary>
    /// On the leader, once a heartbeat: has a snapshot taken when somebody needs one that there is not, and lets go of the
    /// log that was kept for followers that are in step again, or gone.
    /// </summary>
    private void WatchSnapshots()
    {
        var wanted = false;
        foreach (var follower in _followers.Values)
        {
            KeepLogFor(follower);
            wanted |= NeedsSnapshot(follower) && IsOfLate(follower) && !IsOfUse(_snapshot, follower);
        }

        if (wanted && _damaged is null && _takingFrom is null && _now.Clock >= _takeAt)
        {
            _takingFrom = _applied;
            Emit(new TakeSnapshot());
        }
    }

    /// <summary>What comes after its snapshot, until it is in step again, or gone.</summary>
    private void KeepLogFor(Progress follower)
    {
        if (!IsOfLate(follower) || (!NeedsSnapshot(follower) && _log.LastIndex - follower.Match <= CaughtUp))
        {
            follower.FetchesAt = null;
        }
        else if (NeedsSnapshot(follower) && IsOfUse(_snapshot, follower))
        {
            follower.FetchesAt = _snapshot!.At.Index;
        }
    }

    /// <summary>The log after it is kept here; and a repair does not take a state back.</summary>
    private bool IsOfUse(Snapshot? snapshot, Progress follower) =>
        snapshot is not null
        && snapshot.At.Index >= _log.Base
        && (!follower.Damaged || snapshot.At.Index >= follower.Applied);

    /// <summary>A leader need not serve yet: it may be this very follower without which its noop has no majority.</summary>
    private Offer? OfferTo(Progress follower) =>
        _damaged is null && NeedsSnapshot(follower) && IsOfUse(_snapshot, follower) && (IsVouchedFor(_snapshot!) || !AMajorityCanCompare)
            ? new(_snapshot!, Repairs: follower.Damaged, IsVouchedFor(_snapshot!))
            : null;

    /// <summary>A majority has had this leader's digest at or after the snapshot's position: what is wrong here does not spread.</summary>
    private bool IsVouchedFor(Snapshot snapshot) => _agreed >= snapshot.At.Index;

    /// <summary>Else a snapshot is needed before anything can be committed, and there is only this leader's word for it.</summary>
    private bool AMajorityCanCompare => _membership.InForce is { } configuration
        && configuration.Voters.Count(v => IsSelf(v)
            || (_followers.TryGetValue(v.Name, out var follower) && follower.Disk == v.Disk && IsLively(follower) && !NeedsSnapshot(follower)))
            >= configuration.Majority;

    private void OnSnapshotTaken(Snapshot? snapshot)
    {
        _takingFrom = null;
        if (snapshot is null)
        {
            _takeAt = _now.Clock + SnapshotPause;
            return;
        }

        Ensure.That(_log.Contains(snapshot.At) && snapshot.At.Index <= _applyAsked, "a snapshot holds what is applied here");
        if (_digests.At(snapshot.At.Index) is { } then && then.Version == snapshot.Digest.Version && then != snapshot.Digest)
        {
            BecomeDamaged($"its digest at index {snapshot.At.Index} was another one before");
            return;
        }

        _snapshot = snapshot;
        foreach (var follower in _followers.Values)
        {
            KeepLogFor(follower);
        }
    }

    /// <summary>On a follower: fetches what it is offered, if it is of use here, and not under way already.</summary>
    private void OnOffer(Header leader, Offer offer)
    {
        // A snapshot holds what is committed. Example: the log here goes to 12, but only 8 was acknowledged before the cable
        // broke, and the leader's log begins at 10 now. A snapshot at 11 brings nothing, and no batch can be sent: commit 11,
        // and with that applied, the leader goes on at 12.
        if (_log.Contains(offer.Snapshot.At))
        {
            _commit = Math.Max(_commit, offer.Snapshot.At.Index);
        }

        if (IsWanted(offer.Snapshot) && offer.Repairs == _damaged is not null
            && (_fetch is not { } fetch || fetch.Snapshot != offer.Snapshot || fetch.From != leader.Disk)
            && _now.Clock >= _fetchAt)
        {
            _fetch = new(offer.Snapshot, leader.Disk, Done: false);
            Emit(new FetchSnapshot(leader.From, offer.Snapshot));
        }
    }

    /// <summary>It brings something new, or a sound state in place of a damaged one, which it must not take back.</summary>
    private bool IsWanted(Snapshot snapshot) => _damaged is not null
        ? snapshot.At.Index >= _applied
        : snapshot.At.Index > _commit && !_log.Contains(snapshot.At);

    private void OnFetched(Guid id, bool done)
    {
        if (_fetch?.Snapshot.Id != id)
        {
            return;
        }

        _fetch = done ? _fetch with { Done = true } : null;
        _fetchAt = _now.Clock + (done ? TimeSpan.Zero : SnapshotPause);
    }

    /// <summary>
    /// Its sender must lead in our term now, not when it was sent; and no save may be under way, for what that adds would
    /// be missing from the new file.
    /// </summary>
    private void InstallWhenReady()
    {
        if (_fetch is not { Done: true } fetch)
        {
            return;
        }

        if (_role != Role.Follower || _leader is null || _leaderDisk != fetch.From || !IsWanted(fetch.Snapshot))
        {
            _fetch = null;
        }
        else if (_saves.OldestSince is null)
        {
            _ended = true;
            Emit(new InstallSnapshot(fetch.Snapshot, new(_term, _votedFor), KeepsLog: _log.Contains(fetch.Snapshot.At)));
        }
    }

    /// <param name="From">The disk that offered it, and leads.</param>
    private sealed record Fetch(Snapshot Snapshot, DiskId From, bool Done);
}
