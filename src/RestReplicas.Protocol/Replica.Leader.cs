namespace RestReplicas.Protocol;

/// <summary>Leading: propose, replicate, count, commit; stay only while a majority answers (protocol.md §5, §6).</summary>
public sealed partial class Replica
{
    private readonly Dictionary<NodeName, Progress> _followers = [];
    private TimeSpan _leaderSince;

    /// <summary>It stood without a lease, for a leader told it to; it has <see cref="ReplicaOptions.CampaignLimit"/> to get one.</summary>
    private bool _ordered;
    private TimeSpan _heartbeatAt;
    private long _noopIndex;
    private string? _steppedDown;

    private bool Serving => _role == Role.Leader && _applied >= _noopIndex && _damaged is null;

    /// <summary>A save that takes too long is taken for a failed one: whoever waits for it neither leads nor stands.</summary>
    private bool SaveHangs => _saves.OldestSince is { } since && _now.Clock - since > _options.SaveLimit;

    private void BecomeLeader(Campaign campaign)
    {
        _role = Role.Leader;
        _campaign = null;
        _leader = _options.Name;
        _leaderDisk = _disk;
        _leaderAddress = _options.Address;
        _leaderHeard = null;
        _refusal = null;
        _steppedDown = null;
        _logBehind = 0;
        _leaderSince = _now.Clock;
        _ordered = campaign.Ordered;
        _heartbeatAt = _now.Clock;
        _noopIndex = _log.LastIndex + 1;
        _followers.Clear();
        foreach (var voter in campaign.Voters.Where(v => v != _options.Name))
        {
            var follower = new Progress(voter, _noopIndex, _now.Clock, _options.DigestEvery);
            if (campaign.Granted.TryGetValue(voter, out var ballot))
            {
                follower.IsNow(ballot.Disk, _now.Clock);
                follower.Wall = (ballot.Wall, _now.Clock);
            }

            _followers.Add(voter, follower);
        }

        // The founding entry takes the noop's place: it alone makes the first committed entry of the term.
        var founding = campaign.Configuration is null
            ? new Configuration(_fresh, [.. campaign.Voters.Select(v => new Voter(v, campaign.Granted[v].Disk))])
            : null;
        AppendAsLeader(founding is null ? EntryKind.Noop : EntryKind.Configuration, [founding?.Encode() ?? default]);
    }

    // Step 3: the commands have positions; effects: save here, and (in Replicate) send.
    private void OnPropose(Propose proposal)
    {
        if (!Serving || _transfer is not null)
        {
            Emit(new NotProposed());
            return;
        }

        var first = AppendAsLeader(EntryKind.Command, proposal.Payloads);
        Emit(new Proposed(first, proposal.Payloads.Count));
    }

    private Position AppendAsLeader(EntryKind kind, IReadOnlyList<ReadOnlyMemory<byte>> payloads)
    {
        var first = new Position(_term, _log.LastIndex + 1);
        var timestamp = Timestamp();
        var entries = new Entry[payloads.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = Entry.Create(new(_term, first.Index + i), kind, timestamp, payloads[i]);
            AppendToLog(entries[i]);
        }

        AskToSave(hard: false, removeFrom: null, entries);
        return first;
    }

    /// <summary>
    /// The later of the entry before and the lower median of the voters' wall clocks, each moved on by our own clock
    /// since it was told: no single wrong clock among three can date an entry (§2).
    /// </summary>
    private long Timestamp()
    {
        List<long> walls = [_now.Wall];
        foreach (var follower in _followers.Values)
        {
            if (follower.Wall is { } told && Counts(follower))
            {
                walls.Add(told.Wall + (long)(_now.Clock - told.At).TotalMilliseconds);
            }
        }

        walls.Sort();
        return Math.Max(_lastTimestamp, walls[(walls.Count - 1) / 2]);
    }

    private bool Counts(Progress follower) =>
        !follower.Forgot && follower.Disk is { } disk && (_membership.InForce?.Names(follower.Name, disk) ?? true);

    /// <summary>What a majority of voters has reached; this node's own share is <paramref name="own"/>.</summary>
    private T ReachedByMajority<T>(T own, T nothing, Func<Progress, T> reached)
        where T : IComparable<T>
    {
        return _membership.InForce!.ReachedByMajority(voter =>
            IsSelf(voter) ? own
            : _followers.TryGetValue(voter.Name, out var follower) && follower.Disk == voter.Disk && !follower.Forgot
                ? reached(follower)
                : nothing);
    }

    /// <summary>By name and disk: a copied data directory must not count as two voters, nor as the original.</summary>
    private bool IsSelf(Voter voter) => voter.Disk == _disk && voter.Name == _options.Name;

    private void OnAppendResponse(Answered answered, AppendResponse response)
    {
        if (_role == Role.Leader && _followers.TryGetValue(answered.From, out var follower))
        {
            if (follower.Answer(answered.Sequence, response, _log, _now))
            {
                CompareDigests(follower);
            }
        }
    }

    /// <summary>After every step: commit what a majority has, confirm reads, and send what has not been sent.</summary>
    private void Replicate()
    {
        // Step 6: a majority of voters has it on disk, and it is of this leader's own term (dissertation §3.6.2).
        var reached = ReachedByMajority(_saves.SavedIndex, 0L, f => f.Match);
        if (reached > _commit && _log.TermAt(reached) == _term)
        {
            _commit = reached;
        }

        ConfirmReads();
        OrderTransfer();
        foreach (var follower in _followers.Values)
        {
            if (!follower.BatchUnderWay && !follower.Resting && follower.Next <= _log.LastIndex && follower.Next > _log.Base
                && (!follower.Low || StorageFull))
            {
                SendAppend(follower, PositionAt(follower.Next - 1), through: _log.LastIndex);
            }
        }
    }

    private void Heartbeat(Progress follower)
    {
        if (follower.MaySend)
        {
            SendAppend(follower, PositionAt(follower.Match), through: 0);
        }
    }

    /// <summary>Commit index, stamp and quorum age are read in one step, and only once the noop is applied (§8).</summary>
    private void SendAppend(Progress follower, Position previous, long through)
    {
        var quorumAge = QuorumMoment is { } moment ? _now.Since(moment) : null;
        Echo? echo = Serving && quorumAge is { } age && follower.Stamp is { } stamp ? new(stamp, age) : null;
        var batch = through > previous.Index;
        var sequence = SendTo(
            follower.Name,
            new AppendRequest(
                Header, _options.Address, previous, [], _commit, echo, _token, batch ? null : OfferTo(follower), batch ? null : follower.Accused),
            batch ? through : 0);
        follower.Sent(sequence, _now, batch);
        follower.CommitTold = Math.Max(follower.CommitTold, Math.Min(_commit, batch ? through : previous.Index));
    }

    /// <summary>When the newest messages that a majority has answered in this term were sent; null: none were.</summary>
    private Moment? QuorumMoment
    {
        get
        {
            var clock = ReachedByMajority(_now.Clock, TimeSpan.MinValue, f => f.AnsweredSentAt?.Clock ?? TimeSpan.MinValue);
            return clock == TimeSpan.MinValue ? null
                : clock == _now.Clock ? _now
                : _followers.Values.First(f => f.AnsweredSentAt?.Clock == clock).AnsweredSentAt;
        }
    }

    private void WatchOverLeadership()
    {
        var heard = QuorumMoment is { } moment && moment.Clock > _leaderSince ? moment.Clock : _leaderSince;
        if (_now.Clock - heard >= _options.QuorumTimeout)
        {
            BecomeFollower(_term, $"no majority answered for {_options.QuorumTimeout.TotalMilliseconds:0} ms");
        }
        else if (SaveHangs)
        {
            OrderSuccessor();
            BecomeFollower(_term, $"a save took more than {_options.SaveLimit.TotalMilliseconds:0} ms");
        }
        else if (_transfer is { } transfer && _now.Clock >= transfer.Until)
        {
            _transfer = null;
        }
        else if (_now.Clock >= _heartbeatAt)
        {
            _heartbeatAt = _now.Clock + _options.Heartbeat;
            WatchMembers();
            AgreeAlone();
            WatchSnapshots();
            foreach (var follower in _followers.Values)
            {
                follower.Resting = false;
                Heartbeat(follower);
            }
        }
        else
        {
            // An idle follower need not wait for a heartbeat to learn what is committed.
            foreach (var follower in _followers.Values)
            {
                if (!Knows(follower))
                {
                    Heartbeat(follower);
                }
            }
        }
    }

    /// <summary>It was told what is committed, or will be told by what is under way to it.</summary>
    private bool Knows(Progress follower) => follower.BatchUnderWay || follower.CommitTold >= Math.Min(_commit, follower.Match);

    private void LeaveLeadership(string why)
    {
        if (Serving && QuorumMoment is { } moment)
        {
            _bound.Improve(new(moment, TimeSpan.Zero));
        }

        _steppedDown = why;
        _transfer = null;
        _followers.Clear();
        _leader = null;
        _leaderAddress = null;
        // Others first: a leader that cannot reach its voters may still reach Redis, and would only be in their way.
        _standAt = _now.Clock + (_options.ElectionSilence / 2) + _jitter.UpTo(_options.ElectionSilence / 2);
    }
}
