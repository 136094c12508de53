namespace RestReplicas.Protocol;

/// <summary>
/// The lease says who may try to lead (protocol.md §3, §4). One call at a time; nothing here decides who leads.
/// </summary>
public sealed partial class Replica
{
    private string? _token;
    private TimeSpan _validUntil;
    private bool _leaseCallUnderWay;
    private bool _leaseUnknown;
    private TimeSpan _leaseCallAt;
    private TimeSpan _callStartedAt;
    private TimeSpan? _redisSilentSince;
    private (string Token, TimeSpan FirstSeen)? _othersToken;
    private string? _givenBack;
    private string? _predecessorsToken;

    /// <summary>Redis is not configured, or has been silent for so long that votes must do without it.</summary>
    private bool StandsWithoutLease =>
        _options.Lease is not { } rules
        || (!rules.StepDownOnLoss && _redisSilentSince is { } since && _now.Clock - since >= rules.GiveUpAfter);

    /// <summary>False: a call is under way, or it is too early for the next one.</summary>
    private bool Call(LeaseCall call)
    {
        if (_leaseCallUnderWay || (_now.Clock < _leaseCallAt && call is not LeaseCall.Replace))
        {
            return false;
        }

        _leaseCallUnderWay = true;
        _callStartedAt = _now.Clock;
        _leaseCallAt = _now.Clock + (_options.Heartbeat * 2);
        Emit(call);
        return true;
    }

    private void OnLeaseAnswer(LeaseAnswer answer)
    {
        _leaseCallUnderWay = false;
        _leaseUnknown = answer is LeaseAnswer.Unknown;
        _redisSilentSince = _leaseUnknown ? _redisSilentSince ?? _callStartedAt : null;
        switch (answer)
        {
            case LeaseAnswer.Granted granted when granted.Token == _givenBack:
                break; // renewed, then given back: the release came after the renewal
            case LeaseAnswer.Granted granted:
                (_token, _validUntil, _othersToken) = (granted.Token, granted.ValidUntil, null);
                break;
            case LeaseAnswer.HeldByOther held:
                _token = null;
                SeeToken(held.Token);
                break;
            case LeaseAnswer.Lost: _token = null; break;
            default: break;
        }

        _predecessorsToken = _leaseUnknown ? _predecessorsToken : null;
        _standAloneAt = _leaseUnknown ? _standAloneAt : null;
        if (_role == Role.Leader)
        {
            _leaseCallAt = _now.Clock + (_token is null && _now.Clock - _leaderSince < _options.CampaignLimit ? _options.Heartbeat * 2 : _options.Lease!.RenewEvery);
            StepDownWithoutLease();
        }
        else if (_campaign is { Stage: CampaignStage.Replace } usurping)
        {
            if (answer is LeaseAnswer.Granted)
            {
                VoteForSelf(usurping);
            }
            else
            {
                GiveUp(usurping);
            }
        }
        else if (_token is not null && _role == Role.Follower && (HearsLeader || !MayStand || _now.Clock < _standAt))
        {
            GiveLeaseBack();
        }
        else if (answer is LeaseAnswer.HeldByOther { Token: var token } && _role == Role.Follower && MayUsurp(token))
        {
            Stand(token);
        }
        else
        {
            ConsiderStanding();
        }
    }

    /// <summary>
    /// Whoever holds it, once this voter has heard no leader for the silence; but not a token so new that its holder
    /// may be campaigning.
    /// </summary>
    private bool MayUsurp(string token) =>
        MayStand
        && _now.Clock >= _standAt
        && _now.Clock - _startedAt >= _options.ElectionSilence
        && Silence >= _options.ElectionSilence
        && _othersToken is { } seen && seen.Token == token
        && _now.Clock - seen.FirstSeen >= _options.CampaignLimit;

    private void SeeToken(string? token)
    {
        if (token is not null && _othersToken?.Token != token)
        {
            _othersToken = (token, _now.Clock);
        }
    }

    private void OnLeaseFreed()
    {
        _leaseCallAt = _now.Clock;
        if (_role == Role.Follower)
        {
            ConsiderStanding();
        }
    }

    /// <summary>The leader renews what it holds and takes again what it lost; losing it deposes only under the strict rule.</summary>
    private void WatchLease()
    {
        if (_role == Role.Leader && _options.Lease is not null)
        {
            // A predecessor's lease is replaced without waiting for its end: a leader that was ordered to campaign has none yet.
            Call(_token is { } token ? new LeaseCall.Renew(token)
                : _predecessorsToken is { } old ? new LeaseCall.Replace(old)
                : new LeaseCall.Acquire());
            StepDownWithoutLease();
        }
    }

    private void StepDownWithoutLease()
    {
        var lost = _token is null ? !_ordered || _now.Clock - _leaderSince >= _options.CampaignLimit : _now.Clock >= _validUntil;
        if (_options.Lease!.StepDownOnLoss && lost)
        {
            BecomeFollower(_term, "the lease is lost, and Lease:OnLoss is StepDown");
        }
    }

    /// <summary>A lease that no campaign and no leadership needs. One that is still to be granted is given back then.</summary>
    private void GiveLeaseBack()
    {
        if (_token is { } token)
        {
            (_token, _givenBack) = (null, token);
            Emit(new LeaseCall.Release(token));
        }
    }

    private LeaseView LeaseAsSeen => new(
        _options.Lease is null ? LeaseState.NotConfigured
        : _token is not null && !_leaseUnknown && _now.Clock < _validUntil ? LeaseState.Held
        : _role == Role.Leader ? LeaseState.Failsafe
        : LeaseState.None,
        _token ?? _othersToken?.Token);
}
