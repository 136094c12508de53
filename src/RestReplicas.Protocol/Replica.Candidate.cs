namespace RestReplicas.Protocol;

/// <summary>Standing: lease → pre-vote → vote → leader, or give the lease up and say why (protocol.md §4).</summary>
public sealed partial class Replica
{
    private Campaign? _campaign;
    private TimeSpan _standAt;
    private TimeSpan? _standAloneAt;
    private int _logBehind;
    private bool _omitted;
    private string? _refusal;

    private IReadOnlyList<NodeName> FoundingVoters => field ??= [.. _options.Voters.OrderBy(v => v.Value, StringComparer.Ordinal)];

    /// <summary>
    /// A voter whose disk the configuration names stands; before there is one, a named voter with an empty disk may
    /// found. Not after a failed save until one succeeded, nor while one hangs (§5).
    /// </summary>
    private bool MayStand =>
        !_omitted
        && !_saveFailed
        && !SaveHangs
        && (_membership.InForce is { } configuration
            ? configuration.Names(_options.Name, _disk)
            : IsEmpty && _options.Voters.Contains(_options.Name));

    /// <summary>Whoever has damaged state lets others stand first (§9).</summary>
    private bool OthersFirst => _damaged is not null && _now.Clock - (_leaderHeard ?? _startedAt) < _options.ElectionSilence * 3;

    /// <summary>Contends for the lease, or stands without one, once no leader is heard and the last refusal is slept off.</summary>
    private void ConsiderStanding()
    {
        if (_saveFailed && _saves.Newest == _saves.Done)
        {
            // Nothing is trusted until a save has succeeded; term and vote are there to be saved again.
            AskToSave(hard: true, removeFrom: null, []);
        }

        if (_role != Role.Follower || HearsLeader || _now.Clock < _standAt || OthersFirst || !MayStand)
        {
            return;
        }

        if (!StandsWithoutLease)
        {
            if (_token is not null)
            {
                Stand(usurped: null);
            }
            else
            {
                Call(new LeaseCall.Acquire());
            }
        }
        else
        {
            StandAlone();
        }
    }

    /// <summary>After a wait of its own; Redis, if there is one, is asked all the same, for it may be back.</summary>
    private void StandAlone()
    {
        if (_options.Lease is not null)
        {
            Call(new LeaseCall.Acquire());
        }

        if (_now.Clock >= (_standAloneAt ??= _now.Clock + _jitter.UpTo(_options.ElectionSilence)))
        {
            Stand(usurped: null);
        }
    }

    private void Stand(string? usurped)
    {
        BeginCampaign(usurped, ordered: false);
        Ask(preVote: true);
        CountBallots();
    }

    private void BeginCampaign(string? usurped, bool ordered)
    {
        var configuration = _membership.InForce;
        _role = Role.Candidate;
        _leader = null;
        _leaderAddress = null;
        FailReads();
        _campaign = new(configuration, configuration is null ? FoundingVoters : [.. configuration.Voters.Select(v => v.Name)])
        {
            Usurped = usurped,
            Ordered = ordered,
            Until = _now.Clock + _options.CampaignLimit,
        };
    }

    /// <summary>Asks every other voter; our own vote is cast as soon as it is given (pre-vote) or saved (vote).</summary>
    private void Ask(bool preVote)
    {
        var campaign = _campaign!;
        campaign.Open(preVote ? CampaignStage.PreVote : CampaignStage.Vote);
        campaign.Grant(_options.Name, _disk, _now.Wall, emptyDisk: IsEmpty);
        var header = preVote ? Header with { Term = _term.Next } : Header;
        var founding = campaign.Configuration is null ? FoundingVoters : null;
        var request = new VoteRequest(header, preVote, _log.Last, founding, campaign.Ordered);
        foreach (var voter in campaign.Voters)
        {
            if (voter != _options.Name)
            {
                campaign.Asked(SendTo(voter, request));
            }
        }
    }

    private void OnVoteResponse(Answered answered, VoteResponse response)
    {
        if (_campaign is not { } campaign || !campaign.Awaits(answered.Sequence))
        {
            return;
        }

        if (response.Refusal is { } refusal)
        {
            _omitted |= response.OmitsCandidate;
            campaign.Refuse(answered.From, refusal, response.Silence);
        }
        else
        {
            campaign.Grant(answered.From, response.Header.Disk, response.Wall, response.EmptyDisk);
        }

        CountBallots();
    }

    private void OnBallotUnanswered(Unanswered unanswered)
    {
        if (_campaign is { } campaign && campaign.Awaits(unanswered.Sequence))
        {
            campaign.Refuse(unanswered.To, refusal: null, silence: default);
            CountBallots();
        }
    }

    private void CountBallots()
    {
        var campaign = _campaign!;
        if (campaign.IsLost)
        {
            GiveUp(campaign);
        }
        else if (campaign.IsWon)
        {
            switch (campaign.Stage)
            {
                case CampaignStage.PreVote when campaign.Usurped is { } token:
                    campaign.Stage = CampaignStage.Replace;
                    if (!Call(new LeaseCall.Replace(token)))
                    {
                        GiveUp(campaign);
                    }

                    break;
                case CampaignStage.PreVote: VoteForSelf(campaign); break;
                case CampaignStage.Vote: BecomeLeader(campaign); break;
                default: break;
            }
        }
    }

    private void VoteForSelf(Campaign campaign)
    {
        campaign.Stage = CampaignStage.SaveVote;
        RaiseTerm(_term.Next, _disk);
    }

    /// <summary>Our own vote is on disk: now, and not before, the others are asked for theirs.</summary>
    private void OnBallotSaved()
    {
        if (_campaign is { Stage: CampaignStage.SaveVote } && _saves.Done >= _termTicket)
        {
            Ask(preVote: false);
            CountBallots();
        }
    }

    private void WatchCampaign()
    {
        if (_campaign is { } campaign && (_now.Clock >= campaign.Until || SaveHangs))
        {
            GiveUp(campaign);
        }
    }

    /// <summary>Releases the lease at once, so that nobody waits for its TTL, and sleeps off the reason.</summary>
    private void GiveUp(Campaign campaign)
    {
        var wait = _jitter.UpTo(_options.ElectionSilence / 2);
        if (campaign.Refused(VoteRefusal.LogBehind))
        {
            var longest = _options.ElectionSilence * Math.Min(2, 0.5 * Math.Pow(2, _logBehind++));
            wait = (longest / 2) + _jitter.UpTo(longest / 2);
        }
        else if (campaign.LongestSilence > TimeSpan.Zero)
        {
            wait = campaign.LongestSilence + (wait / 10);
        }

        _refusal = campaign.ToString();
        _standAt = _now.Clock + wait;
        _standAloneAt = null;
        _campaign = null;
        _role = Role.Follower;
        GiveLeaseBack();
    }
}
