namespace RestReplicas.Protocol;

/// <summary>Following: vote; accept, refuse, truncate; learn what is committed; notice that the leader is gone.</summary>
public sealed partial class Replica
{
    /// <summary>Heartbeats that must be missed before a refused connection counts as the leader's end (§4).</summary>
    private const double MissedHeartbeats = 2.5;

    private TimeSpan LongestGap => _options.Heartbeat * MissedHeartbeats;

    private NodeName? _leader;
    private DiskId? _leaderDisk;
    private NodeAddress? _leaderAddress;
    private TimeSpan? _leaderHeard;
    private bool _leaderGone;
    private TimeSpan _probeAt;

    /// <summary>
    /// Another node led, so lately that this voter refuses everybody else; or this node leads. Its own past leadership
    /// does not count.
    /// </summary>
    private bool HearsLeader => _role == Role.Leader || Silence < _options.ElectionSilence;

    /// <summary>How long no leader was heard, counted from the start if none was; endless if its process is known to be gone.</summary>
    private TimeSpan Silence => _leaderHeard is { } heard && !_leaderGone ? _now.Clock - heard : TimeSpan.MaxValue;

    // Step 5: the leader's entries reach a follower; its answer waits until they are on its disk.
    private void OnAppend(long correlation, AppendRequest append)
    {
        Ensure.That(_role != Role.Leader, "at most one leader per term");
        Ensure.That(_leader is null || _leaderDisk is null || _leaderDisk == append.Header.Disk, "one disk leads in a term");
        if (_role == Role.Candidate)
        {
            BecomeFollower(_term, "another leads in this term");
        }

        Hear(append);
        if (append.Accused is { } accused)
        {
            OnAccused(accused);
        }

        if (append.Offer is { } offer)
        {
            OnOffer(append.Header, offer);
        }

        if (!_log.Contains(append.Previous))
        {
            Ensure.That(append.Previous.Index > _commit, "what is committed here is in every later leader's log");
            var hint = _log.LastAtOrBelow(append.Previous);
            AnswerAppend(correlation, _termTicket, matched: false, () => hint);
            return;
        }

        var added = Accept(append.Entries);
        var verified = append.Previous.Index + append.Entries.Count;
        _commit = Math.Max(_commit, Math.Min(append.Commit, verified));
        LeaveReplacedDisk();
        if (append.Echo is { } echo)
        {
            _bound.Offer(echo, append.Commit, _applied);
        }

        // A heartbeat waits for no save but its term's, so that a slow disk does not look like a dead node. It
        // acknowledges min(verified, saved): never more than is on disk.
        var ticket = added || (append.Entries.Count > 0 && verified > _saves.SavedIndex) ? _saves.Newest : _termTicket;
        AnswerAppend(correlation, ticket, matched: true, () => PositionAt(Math.Min(verified, _saves.SavedIndex)));
    }

    private void Hear(AppendRequest append)
    {
        _leader = append.Header.From;
        _leaderDisk = append.Header.Disk;
        _leaderAddress = append.Leader;
        _leaderHeard = _now.Clock;
        _leaderGone = false;
        _logBehind = 0;
        _omitted = false;
        _refusal = null;
        _steppedDown = null;
        _standAt = _now.Clock;
        _standAloneAt = null;
        _redisSilentSince = null;
        _predecessorsToken = null;
        _probeAt = _now.Clock + LongestGap;
        SeeToken(append.LeaseToken);
    }

    /// <summary>
    /// Entries are removed only where they conflict, so that late and repeated messages are harmless. Example: the log
    /// has 1..5, an old message brings 2 and 3 with equal terms: nothing happens; 3 with another term: 3..5 go.
    /// </summary>
    private bool Accept(IReadOnlyList<Entry> entries)
    {
        var known = 0;
        while (known < entries.Count && _log.Contains(entries[known].Position))
        {
            known++;
        }

        if (known == entries.Count)
        {
            return false;
        }

        long? removeFrom = null;
        if (entries[known].Index <= _log.LastIndex)
        {
            removeFrom = entries[known].Index;
            Ensure.That(removeFrom > _commit, "nothing committed is ever removed");
            _log.RemoveFrom(removeFrom.Value);
            _membership.RemoveFrom(removeFrom.Value);
        }

        var fresh = known == 0 ? entries : [.. entries.Skip(known)];
        foreach (var entry in fresh)
        {
            AppendToLog(entry);
        }

        AskToSave(hard: false, removeFrom, fresh);
        return true;
    }

    private void AnswerAppend(long correlation, long ticket, bool matched, Func<Position> acknowledged) =>
        AnswerWhenSaved(new(ticket, _term, correlation, () => new AppendResponse(
            Header, _now.Wall, matched, acknowledged(), new(_nonce, _now), _options.Address, Report)));

    private Position PositionAt(long index) => new(_log.TermAt(index) ?? Term.Zero, index);

    private void OnVoteRequest(long correlation, VoteRequest request)
    {
        var candidate = request.Header;
        VoteRefusal? refusal =
            HearsLeader && !request.Ordered ? VoteRefusal.HeardLeader
            : request.Last < _log.Last ? VoteRefusal.LogBehind
            : request.Founding is { } voters && !voters.SequenceEqual(FoundingVoters) ? VoteRefusal.OtherVoters
            : request.Founding is not null && !IsEmpty ? VoteRefusal.NotEmpty
            : candidate.Term == _term && _votedFor is { } voted && voted != candidate.Disk ? VoteRefusal.AlreadyVoted
            : null;

        var ticket = _termTicket;
        if (refusal is null && !request.PreVote && _votedFor != candidate.Disk)
        {
            Ensure.That(candidate.Term == _term, "a vote is given in the term that was asked for");
            if (_role == Role.Candidate)
            {
                BecomeFollower(_term, $"{candidate.From} has the vote");
            }

            RaiseTerm(_term, candidate.Disk);
            ticket = _termTicket;
            _standAt = _now.Clock + _jitter.UpTo(_options.CampaignLimit);
        }

        var silence = refusal == VoteRefusal.HeardLeader ? TimeUntilUnheard() : TimeSpan.Zero;
        var omits = refusal is not null && _membership.Omits(candidate, request.Last.Index, _commit);
        AnswerWhenSaved(new(ticket, _term, correlation, () => new VoteResponse(
            Header, _now.Wall, request.PreVote, refusal, silence, IsEmpty, omits)));
    }

    /// <summary>
    /// When this voter could stop saying <em>heard a leader</em>: with a heartbeat overdue, as soon as a probe could
    /// show that the leader's process is gone, or shortly if one is under way; else after the whole silence.
    /// </summary>
    private TimeSpan TimeUntilUnheard()
    {
        if (_role == Role.Leader)
        {
            return _options.ElectionSilence;
        }

        var overdue = Silence - (_options.Heartbeat * 1.5);
        var probed = (_options.Heartbeat * (MissedHeartbeats + 0.5)) - Silence;
        return overdue <= TimeSpan.Zero || overdue > _options.Heartbeat * 4 ? _options.ElectionSilence - Silence
            : probed > _options.Heartbeat / 2 ? probed
            : _options.Heartbeat / 2;
    }

    /// <summary>Two heartbeats missed: is the leader's process still there? Asked once a heartbeat, until it is heard again.</summary>
    private void WatchLeader()
    {
        if (_leader is { } leader && !_leaderGone && _leaderHeard is not null && _now.Clock >= _probeAt
            && Silence < _options.ElectionSilence)
        {
            _probeAt = _now.Clock + _options.Heartbeat;
            Emit(new Probe(leader));
        }
    }

    private void OnConnectionRefused(NodeName peer)
    {
        if (peer == _leader && Silence >= _options.Heartbeat * 2)
        {
            _leaderGone = true;
            ConsiderStanding();
        }
    }
}
