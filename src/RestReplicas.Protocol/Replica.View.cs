namespace RestReplicas.Protocol;

public sealed partial class Replica
{
    /// <summary>
    /// Until then, by the monotonic clock, no tick is needed unless something else happens: a leader's next heartbeat is not
    /// due, or a follower's leader not overdue. Null: ticks are needed as often as they can be had.
    /// </summary>
    public TimeSpan? QuietUntil =>
        _role == Role.Leader ? (_commit == _log.LastIndex && _followers.Values.All(Knows) ? _heartbeatAt : null)
        : _role == Role.Follower && Silence <= LongestGap ? _leaderHeard + LongestGap
        : null;

    /// <summary>A round that confirms reads is under way; its end, whatever it is, begins one for those that came meanwhile.</summary>
    public bool ConfirmsReads => _confirming.Count > 0;

    /// <summary>This replica as it is after the last step; a new object only if there was one.</summary>
    public ReplicaView View => _view ??= new(
        _role == Role.Follower && _membership.InForce is { } inForce && !inForce.Names(_options.Name, _disk) ? Role.Learner : _role,
        _term,
        _leader,
        _leaderAddress,
        HearsLeader,
        Serving,
        _log.Last,
        _saves.SavedIndex,
        _commit,
        _applied,
        Serving && QuorumMoment is { } moment ? new(moment, TimeSpan.Zero) : _role == Role.Leader ? null : _bound.Best,
        LeaseAsSeen,
        _membership.InForce,
        [.. _followers.Values.Select(f => new FollowerView(
            f.Name, f.Disk, f.Address, f.Match, _now.Clock - f.AnsweredAt, Counts(f), f.Damaged, f.Low, NeedsSnapshot(f), f.OutstandingCount))],
        _role == Role.Leader ? null : _refusal ?? _steppedDown,
        _transfer?.To,
        _role != Role.Leader && Silence > LongestGap,
        _log.Base,
        _damaged,
        _role == Role.Leader ? _disputed : null,
        _low,
        StorageFull);
}
