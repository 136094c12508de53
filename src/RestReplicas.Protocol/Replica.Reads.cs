namespace RestReplicas.Protocol;

/// <summary>
/// Linearizable reads (dissertation §6.4): an index confirmed by messages that were sent after the read came. Many
/// reads share one confirmation, but none joins one already under way.
/// </summary>
public sealed partial class Replica
{
    private readonly List<Waiter> _arrived = [];
    private readonly List<Waiter> _confirming = [];
    private long _confirmAfter;
    private long _confirmIndex;
    private long? _askedLeader;

    private void OnRead(Waiter waiter)
    {
        if (Serving)
        {
            _arrived.Add(waiter);
        }
        else if (!waiter.Remote && _role == Role.Follower && HearsLeader && _leader is not null)
        {
            _arrived.Add(waiter);
            AskLeader();
        }
        else
        {
            Answer(waiter, index: null);
        }
    }

    /// <summary>On the leader: begin a round when none is under way; end it when a majority answered what was sent since.</summary>
    private void ConfirmReads()
    {
        if (_confirming.Count == 0 && _arrived.Count > 0)
        {
            (_confirmAfter, _confirmIndex) = (_sequence, _commit);
            _confirming.AddRange(_arrived);
            _arrived.Clear();
            AskMajority();
        }

        if (_confirming.Count > 0
            && ReachedByMajority(long.MaxValue, 0L, f => f.AnsweredSequence) > _confirmAfter)
        {
            AnswerAll(_confirming, _confirmIndex);
            ConfirmReads();
        }
    }

    /// <summary>
    /// No more voters than it takes, those that answered the newest messages: what others say would come too late to count.
    /// Where one of them is silent now, the answers to the next heartbeat, which goes to all, are as good.
    /// </summary>
    private void AskMajority()
    {
        var needed = _membership.InForce!.Majority - (_membership.InForce.Names(_options.Name, _disk) ? 1 : 0);
        foreach (var follower in _followers.Values.Where(Counts).OrderByDescending(f => f.AnsweredSentAt?.Clock).Take(needed))
        {
            Heartbeat(follower);
        }
    }

    /// <summary>On a follower: one question at a time; what arrives meanwhile asks the next one.</summary>
    private void AskLeader()
    {
        if (_askedLeader is null && _arrived.Count > 0 && _leader is { } leader)
        {
            _confirming.AddRange(_arrived);
            _arrived.Clear();
            _askedLeader = SendTo(leader, new ReadIndexRequest(Header));
        }
    }

    private void OnReadIndexResponse(long sequence, long? index)
    {
        if (_askedLeader == sequence)
        {
            _askedLeader = null;
            AnswerAll(_confirming, index);
            AskLeader();
        }
    }

    private void FailReads()
    {
        _askedLeader = null;
        AnswerAll(_confirming, index: null);
        AnswerAll(_arrived, index: null);
    }

    private void AnswerAll(List<Waiter> waiters, long? index)
    {
        foreach (var waiter in waiters)
        {
            Answer(waiter, index);
        }

        waiters.Clear();
    }

    private void Answer(Waiter waiter, long? index) => Emit(
        waiter.Remote ? new Reply(waiter.Id, new ReadIndexResponse(Header, _now.Wall, index))
        : index is { } confirmed ? new ReadConfirmed(waiter.Id, confirmed)
        : new ReadFailed(waiter.Id));

    /// <param name="Id">A local read's id, or a remote one's correlation.</param>
    private readonly record struct Waiter(long Id, bool Remote);
}
