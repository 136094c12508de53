namespace RestReplicas.Protocol;

/// <summary>
/// Members (protocol.md §10, §9 <em>Lost disks</em>): nodes announce themselves and are fed as learners; voters change one
/// at a time, by an entry that is in force when it is appended (dissertation §4.1).
/// </summary>
public sealed partial class Replica
{
    /// <summary>Nodes that one leader feeds.</summary>
    private const int MostFollowers = 64;

    /// <summary>Entries that a newcomer may lack: one batch brings them.</summary>
    private const long CaughtUp = 1024;

    private static readonly TimeSpan AnnounceEvery = TimeSpan.FromSeconds(2);

    /// <summary>A learner that was not heard for this long is forgotten; if it lives, it announces itself again.</summary>
    private static readonly TimeSpan LearnerKept = TimeSpan.FromSeconds(30);

    private TimeSpan _announceAt;
    private int _announced;

    /// <summary>Whoever hears no leader tells the voters it knows, one after the other, where it is.</summary>
    private void Announce()
    {
        if (HearsLeader || _now.Clock < _announceAt || _now.Clock - _startedAt < _options.ElectionSilence)
        {
            return;
        }

        _announceAt = _now.Clock + (AnnounceEvery / 2) + _jitter.UpTo(AnnounceEvery / 2);
        var known = _options.Voters.Concat(_membership.InForce?.Voters.Select(v => v.Name) ?? [])
            .Where(v => v != _options.Name).Distinct().ToList();
        if (known.Count > 0)
        {
            SendTo(known[_announced++ % known.Count], new AnnounceRequest(Header, _options.Address));
        }
    }

    private void OnAnnounce(long correlation, Header sender)
    {
        if (_role == Role.Leader && sender.From != _options.Name)
        {
            Welcome(sender);
        }

        Emit(new Reply(correlation, new AnnounceResponse(
            Header, _now.Wall, HearsLeader ? _leader : null, HearsLeader ? _leaderAddress : null)));
    }

    private void Welcome(Header sender)
    {
        if (_followers.TryGetValue(sender.From, out var known))
        {
            if (known.Disk != sender.Disk)
            {
                known.Replaced(sender.Disk, _now.Clock, _log);
            }
        }
        else if (_followers.Count < MostFollowers || HasPlace(sender.From))
        {
            // From the last entry, not after it: comparing it is how the two logs find where they part.
            _followers.Add(sender.From, new(sender.From, _log.LastIndex, _now.Clock, _options.DigestEvery));
        }
    }

    /// <summary>However many learners there are: a voter, or one that is being replaced.</summary>
    private bool HasPlace(NodeName name) =>
        _membership.InForce is { } configuration && (configuration.Find(name) is not null || configuration.Replacing.Contains(name));

    /// <summary>Told who leads, tell that one, at once.</summary>
    private void OnAnnounceResponse(AnnounceResponse response)
    {
        if (response.Leader is { } leader && leader != response.Header.From && leader != _options.Name && !HearsLeader)
        {
            SendTo(leader, new AnnounceRequest(Header, _options.Address));
        }
    }

    private void OnChangeVoters(ChangeVoters change)
    {
        if (WhyNot(change) is { } why)
        {
            Emit(new VotersRefused(why));
            return;
        }

        var configuration = _membership.InForce!;
        Emit(new VotersChanged(Change(change.Votes
            ? configuration.With(new(change.Name, _followers[change.Name].Disk!.Value))
            : configuration.Without(change.Name))));
    }

    private Position Change(Configuration configuration) => AppendAsLeader(EntryKind.Configuration, [configuration.Encode()]);

    private string? WhyNot(ChangeVoters change)
    {
        if (!Serving || _transfer is not null)
        {
            return "This node does not lead, or hands leadership over.";
        }

        var configuration = _membership.InForce!;
        if (_membership.LastIndex > _commit)
        {
            return "Another change of voters is under way.";
        }

        var follower = _followers.GetValueOrDefault(change.Name);
        if (change.Votes)
        {
            return change.Name == _options.Name || configuration.Find(change.Name) is { } voter && voter.Disk == follower?.Disk
                ? $"{change.Name} is a voter already."
                : configuration.Find(change.Name) is not null && follower?.Disk is null ? $"{change.Name} is a voter already, though it does not answer."
                : configuration.Find(change.Name) is not null ? $"{change.Name} votes with another disk; remove that voter first."
                : follower is null || !IsCaughtUp(follower) ? $"{change.Name} has not caught up as a learner."
                : !WouldLive(configuration.With(new(change.Name, follower.Disk!.Value))) ? "Too few of the voters would be alive."
                : null;
        }

        return change.Name == _options.Name ? $"{change.Name} leads; hand leadership over first (POST /cluster/transfer)."
            : configuration.Find(change.Name) is null && !configuration.Replacing.Contains(change.Name) ? $"{change.Name} is no voter."
            : !WouldLive(configuration.Without(change.Name)) ? "Too few of the remaining voters are alive."
            : null;
    }

    /// <summary>
    /// It holds all that was there when this leader began, and lacks no more than a batch. A copy of another voter's data
    /// directory never does: one disk, one vote.
    /// </summary>
    private bool IsCaughtUp(Progress follower) =>
        follower.Disk is { } disk
        && !_membership.InForce!.Voters.Any(v => v.Disk == disk && v.Name != follower.Name)
        && !follower.Forgot
        && follower.Match >= _noopIndex
        && _now.Clock - follower.AnsweredAt < _options.QuorumTimeout
        && _log.LastIndex - follower.Match <= CaughtUp;

    /// <summary>A majority of these voters answered of late, this node included.</summary>
    private bool WouldLive(Configuration configuration) =>
        configuration.Voters.Count(v => IsSelf(v)
            || (_followers.TryGetValue(v.Name, out var follower) && follower.Disk == v.Disk && !follower.Forgot
                && _now.Clock - follower.AnsweredAt < _options.QuorumTimeout)) >= configuration.Majority;

    /// <summary>Forgets learners that are gone, and gives the vote of a lost disk to the one that came in its place: out, then in.</summary>
    private void WatchMembers()
    {
        var configuration = _membership.InForce!;
        foreach (var gone in _followers.Values.Where(f =>
            configuration.Find(f.Name) is null && _now.Clock - f.HeardAt > LearnerKept).ToList())
        {
            _followers.Remove(gone.Name);
        }

        if (_options.ReplaceAfter is not { } patience || !Serving || _transfer is not null || _membership.LastIndex > _commit)
        {
            return;
        }

        foreach (var follower in _followers.Values)
        {
            if (Succession(follower, configuration, patience) is { } next && WouldLive(next))
            {
                Change(next);
                return;
            }
        }
    }

    private Configuration? Succession(Progress follower, Configuration configuration, TimeSpan patience)
    {
        var voter = configuration.Find(follower.Name);
        return follower.Forgot && voter?.Disk == follower.Disk ? configuration.Without(follower.Name, replacing: true)
            : !IsCaughtUp(follower) ? null
            : configuration.Replacing.Contains(follower.Name) && !_membership.HasNamed(follower.Name, follower.Disk!.Value)
                ? configuration.With(new(follower.Name, follower.Disk!.Value))
            : voter is not null && voter.Disk != follower.Disk && _now.Clock - follower.DiskSince > patience
                ? configuration.Without(follower.Name, replacing: true)
            : null;
    }

    /// <summary>
    /// A committed configuration has taken this disk out so that another may come in its place: it promises nothing any
    /// more, and the node goes on with a new one (§9).
    /// </summary>
    private void LeaveReplacedDisk()
    {
        if (_membership.Replaces(_options.Name, _disk, _commit))
        {
            _ended = true;
            Emit(new SetDiskAside("the cluster has taken this disk out, because it lost what it had acknowledged or was away for too long"));
        }
    }
}
