namespace RestReplicas.Protocol;

/// <summary>
/// One replica's share of the protocol (PROTOCOL.md), as a state machine: inputs in, effects out. It waits for nothing,
/// reads no clock, draws its waits from a seed. One loop owns it.
/// </summary>
/// <remarks>
/// This part holds what every role shares, and is the only place where terms are compared. Roles are parts of their own:
/// follower, candidate, leader, and the lease that all of them may hold.
/// </remarks>
public sealed partial class Replica
{
    private readonly ReplicaOptions _options;
    private readonly ClusterId _fresh;
    private readonly DiskId _disk;
    private readonly ulong _nonce;
    private readonly Jitter _jitter;
    private readonly LogShape _log;
    private readonly Membership _membership;
    private readonly FreshnessBound _bound;
    private readonly TimeSpan _startedAt;
    private readonly List<Effect> _effects = [];
    private readonly bool _replacement;

    private Moment _now;
    private TimeSpan _ticked;
    private ClusterId? _cluster;
    private Term _term;
    private DiskId? _votedFor;
    private Role _role;
    private long _commit;
    private long _applied;
    private long _lastTimestamp;
    private long _sequence;
    private ReplicaView? _view;
    private bool _ended;

    public Replica(ReplicaOptions options, Boot boot, Moment now)
    {
        _options = options;
        _fresh = boot.Fresh;
        _disk = boot.Disk;
        _nonce = boot.Nonce;
        _jitter = new(boot.Seed);
        _log = boot.Log;
        _membership = new(boot.Configurations);
        _saves = new(boot.Log.LastIndex);
        _bound = new(boot.Nonce);
        _startedAt = _ticked = now.Clock;
        _now = now;
        _cluster = boot.Cluster;
        _term = boot.Term;
        _votedFor = boot.VotedFor;
        _commit = _applied = _applyAsked = boot.Applied;
        _lastTimestamp = boot.LastTimestamp;
        _saveFailed = boot.SaveFailed;
        _replacement = boot.Replacement;
        _damaged = boot.Damaged;
        _digests = new(options.DigestEvery);
        if (boot.Digest is { } digest)
        {
            Learn([new(boot.Applied, digest)]);
        }

        Ensure.That(_applied <= _log.LastIndex && _applied >= _log.Base, "what is applied is in the log, or trimmed");
    }

    /// <summary>A disk that has promised nothing but a vote: it may take part in founding (§4).</summary>
    private bool IsEmpty => _log.LastIndex == 0 && _applied == 0 && _cluster is null && !_replacement;

    private Header Header => new(_options.Name, _disk, _cluster, _term);

    /// <summary>The effects, to be carried out in order; the list is valid until the next step.</summary>
    /// <exception cref="InvariantBrokenException">A safety rule was found broken: stop the node.</exception>
    public IReadOnlyList<Effect> Step(Input input, Moment now)
    {
        Ensure.That(now.Clock >= _now.Clock, "the monotonic clock does not go back");
        _effects.Clear();
        if (_ended)
        {
            return _effects;
        }

        _now = now;
        _view = null;
        if (_now.Clock - _ticked > _options.Heartbeat && input is not Tick)
        {
            // A process that was frozen looks at its clock before it believes that it still leads.
            OnTick();
        }

        switch (input)
        {
            case Tick: OnTick(); break;
            case Propose proposal: OnPropose(proposal); break;
            case TransferLeadership transfer: OnTransfer(transfer.To); break;
            case ChangeVoters change: OnChangeVoters(change); break;
            case Read read: OnRead(new(read.Id, Remote: false)); break;
            case Asked asked: OnAsked(asked.Correlation, asked.Request); break;
            case Answered answered: OnAnswered(answered); break;
            case Unanswered unanswered: OnUnanswered(unanswered); break;
            case Saved saved: OnSaved(saved.Ticket); break;
            case Applied applied: OnApplied(applied.Index, applied.Digests); break;
            case LogBounds bounds: _bounds = bounds; break;
            case SnapshotTaken taken: OnSnapshotTaken(taken.Snapshot); break;
            case SnapshotNotTaken: OnSnapshotTaken(snapshot: null); break;
            case SnapshotFetched fetched: OnFetched(fetched.Snapshot.Id, done: true); break;
            case SnapshotNotFetched not: OnFetched(not.Id, done: false); break;
            case StateDamaged damage: BecomeDamaged(damage.Why); break;
            case DiskSpace space: _low = space.Low; break;
            case LeaseAnswer answer: OnLeaseAnswer(answer); break;
            case LeaseFreed: OnLeaseFreed(); break;
            case ConnectionRefused refused: OnConnectionRefused(refused.Peer); break;
            default: throw new InvariantBrokenException($"input {input} is known");
        }

        if (_role == Role.Leader)
        {
            Replicate();
        }

        AskToApply();
        InstallWhenReady();
        return _effects;
    }

    /// <summary>A request of another cluster or of an older term is refused; one of a newer term raises ours, first.</summary>
    private void OnAsked(long correlation, Request request)
    {
        var sender = request.Header;
        if (IsOfAnotherCluster(sender) || (request is AppendRequest && sender.Cluster is null))
        {
            Emit(new Reply(correlation, new RefusedResponse(Header, _now.Wall, RequestRefusal.OtherCluster)));
            return;
        }

        if (request is AnnounceRequest)
        {
            OnAnnounce(correlation, sender);
            return;
        }

        if (request is ReadIndexRequest)
        {
            // Any leader that can confirm itself after this moment will do, whatever the asker's term.
            OnRead(new(correlation, Remote: true));
            return;
        }

        if (sender.Term < _term)
        {
            Emit(new Reply(correlation, new RefusedResponse(Header, _now.Wall, RequestRefusal.OlderTerm)));
            return;
        }

        // Neither a pre-vote nor a request that is refused because a leader is heard raises a term (§4).
        var raises = request is not VoteRequest { PreVote: true } && !(request is VoteRequest { Ordered: false } && HearsLeader);
        if (sender.Term > _term && raises)
        {
            BecomeFollower(sender.Term, $"{sender.From} is at term {sender.Term}");
        }

        switch (request)
        {
            case AppendRequest append: OnAppend(correlation, append); break;
            case VoteRequest vote: OnVoteRequest(correlation, vote); break;
            case TransferRequest transfer: OnTransferRequest(correlation, transfer); break;
            default: throw new InvariantBrokenException($"request {request} is known");
        }
    }

    /// <summary>A newer term in an answer deposes; an answer to an older term's question is of no use.</summary>
    private void OnAnswered(Answered answered)
    {
        var response = answered.Response;
        if (IsOfAnotherCluster(response.Header) || response.Header.From != answered.From)
        {
            OnUnanswered(new(answered.From, answered.Sequence));
            return;
        }

        // A granted pre-vote may come from a voter that has raised its term already: it grants all the same.
        if (response.Header.Term > _term && response is not VoteResponse { PreVote: true, Refusal: null })
        {
            _omitted |= response is VoteResponse { OmitsCandidate: true };
            BecomeFollower(response.Header.Term, $"{answered.From} is at term {response.Header.Term}");
        }

        switch (response)
        {
            case AppendResponse append when response.Header.Term == _term:
                OnAppendResponse(answered, append);
                break;
            case VoteResponse vote: OnVoteResponse(answered, vote); break;
            case TransferResponse transfer when response.Header.Term == _term: OnTransferResponse(answered.Sequence, transfer); break;
            case AnnounceResponse announced: OnAnnounceResponse(announced); break;
            case ReadIndexResponse read: OnReadIndexResponse(answered.Sequence, read.Index); break;
            default: OnUnanswered(new(answered.From, answered.Sequence)); break;
        }
    }

    private void OnUnanswered(Unanswered unanswered)
    {
        OnBallotUnanswered(unanswered);
        OnReadIndexResponse(unanswered.Sequence, index: null);
        if (_followers.TryGetValue(unanswered.To, out var follower))
        {
            follower.Failed(unanswered.Sequence);
        }
    }

    private bool IsOfAnotherCluster(Header sender) => sender.Cluster is { } theirs && _cluster is { } ours && theirs != ours;

    private void OnTick()
    {
        _ticked = _now.Clock;
        if (_role == Role.Leader)
        {
            WatchOverLeadership();
            HandOverIfDamaged();
        }
        else
        {
            WatchLeader();
            Announce();
            WatchCampaign();
        }

        WatchLease();
        TrimLog();
        ConsiderStanding();
    }

    /// <summary>Leaves any role. What was open in the old role is answered or dropped here, nowhere else.</summary>
    private void BecomeFollower(Term term, string why)
    {
        Ensure.That(term >= _term, "the term never goes back");
        if (_role == Role.Leader)
        {
            LeaveLeadership(why);
        }

        _campaign = null;
        _role = Role.Follower;
        if (term > _term)
        {
            _leader = null;
            _leaderAddress = null;
            RaiseTerm(term, votedFor: null);
        }

        GiveLeaseBack();
        FailReads();
    }

    private long SendTo(NodeName to, Request request, long through = 0)
    {
        Emit(new Send(to, ++_sequence, request, through));
        return _sequence;
    }

    private void Emit(Effect effect) => _effects.Add(effect);
}
