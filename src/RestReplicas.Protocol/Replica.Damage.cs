namespace RestReplicas.Protocol;

/// <summary>
/// Damage (protocol.md §9): digests find states that differ, a majority says which is right, and a snapshot repairs the
/// others. The log, the vote and the disk id are promises, and stay. Disks without room (§5) are told of here, too.
/// </summary>
public sealed partial class Replica
{
    private readonly DigestHistory _digests;
    private string? _damaged;
    private long _agreed;
    private long? _disputed;
    private bool _low;

    /// <summary>On the leader: the one damaged follower that is repaired at a time.</summary>
    private Progress? Repaired => _followers.Values.FirstOrDefault(f => f.Damaged && IsOfLate(f));

    /// <summary>So many voters lack space that no majority has room: all writes but deletes are to be refused.</summary>
    private bool StorageFull => Serving && _membership.InForce is { } configuration
        && (_low || configuration.Voters.Count(v =>
            IsSelf(v) || _followers.GetValueOrDefault(v.Name) is not { Low: true }) < configuration.Majority);

    private StateReport Report => new(_applied, _damaged is not null, _low, _digests.Mark, _digests.Latest);

    private void Learn(IReadOnlyList<StateDigest> digests)
    {
        foreach (var digest in _damaged is null ? digests : [])
        {
            _digests.Add(digest);
        }
    }

    /// <summary>
    /// From here on the state is neither read nor written; the replica goes on voting and acknowledging, and a leader stays
    /// only until another can take over.
    /// </summary>
    private void BecomeDamaged(string why)
    {
        if (_damaged is null)
        {
            _damaged = why;
            _agreed = 0;
            _digests.Clear();
            Emit(new MarkDamaged(why));
        }
    }

    /// <summary>A digest that differs accuses nobody: the leader looks for the one that a majority of voters has.</summary>
    private void CompareDigests(Progress reporter)
    {
        if (_damaged is not null || reporter.Damaged)
        {
            return;
        }

        foreach (var (index, digest) in reporter.Reported)
        {
            var own = _digests.At(index);
            if (own == digest && index <= _agreed && reporter.Accused is null)
            {
                continue; // the usual case, again
            }

            if (AgreedAt(index) is not { } right)
            {
                _disputed = own?.Version == digest.Version && own != digest ? index : _disputed;
                continue;
            }

            if (own == right)
            {
                _agreed = Math.Max(_agreed, index);
                _disputed = _disputed <= index ? null : _disputed;
            }
            else if (own?.Version == right.Version)
            {
                BecomeDamaged($"a majority has another state at index {index}");
                return;
            }

            foreach (var follower in _followers.Values)
            {
                follower.Compare(index, right);
            }
        }
    }

    private Digest? AgreedAt(long index)
    {
        var configuration = _membership.InForce!;
        var digests = configuration.Voters.Select(v =>
            IsSelf(v) ? _digests.At(index)
            : _followers.TryGetValue(v.Name, out var follower) && follower.Disk == v.Disk ? follower.DigestAt(index)
            : null);
        return digests.Where(d => d is not null).GroupBy(d => d).FirstOrDefault(g => g.Count() >= configuration.Majority)?.Key;
    }

    /// <summary>The only voter agrees with itself.</summary>
    private void AgreeAlone()
    {
        if (_damaged is null && _digests.Latest is { } latest && AgreedAt(latest.Index) == latest.Digest)
        {
            _agreed = Math.Max(_agreed, latest.Index);
        }
    }

    /// <summary>The leader says that our digest is not the majority's: believed if it speaks of the state that is here now.</summary>
    private void OnAccused(StateDigest accused)
    {
        if (_digests.At(accused.Index) == accused.Digest)
        {
            BecomeDamaged($"a majority has another state at index {accused.Index}");
        }
    }

    /// <summary>A damaged leader serves nobody; it leads on, for its log may be the newest, until a sound voter has all of that.</summary>
    private void HandOverIfDamaged()
    {
        if (_damaged is null)
        {
            return;
        }

        if (_followers.Values.Any(f => f.Stamp is not null && IsLively(f) && f.Match == _log.LastIndex))
        {
            OrderSuccessor();
            BecomeFollower(_term, $"its state is damaged: {_damaged}");
        }
    }
}
