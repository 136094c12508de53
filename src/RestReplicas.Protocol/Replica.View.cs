namespace RestReplicas.Protocol;

public sealed partial class Replica
{
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
        _role != Role.Leader && Silence > _options.Heartbeat * MissedHeartbeats,
        _log.Base,
        _damaged,
        _role == Role.Leader ? _disputed : null,
        _low,
        StorageFull);
}
