using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>The loop: turn after turn, one at a time. What it owns is touched by nobody who has not the turn.</summary>
public sealed partial class Node
{
    /// <summary>EX_SOFTWARE: a supervisor sees that this was no ordinary end.</summary>
    private const int ExitCode = 70;

    /// <summary>
    /// Often enough that a heartbeat leaves when it is due. Time limits are looked at as often. Where nobody waits for anything,
    /// there is no tick before the replica needs one: ticks are most of what an idle node does.
    /// </summary>
    private readonly TimeSpan _tickEvery;
    private readonly PendingReads _reads;
    private readonly GroupCommit _groupCommit;
    private readonly List<TaskCompletionSource> _drains = [];
    private List<Incoming> _taken = [];
    private List<PendingWrite> _arrived = [];
    private Replica? _replica;
    private ReplicaView? _retired;
    private PendingWrites? _writes;
    private List<PendingWrite> _proposing = [];
    private Moment _now = NodeClock.Now;
    private TimeSpan _tickAt;
    private TimeSpan _proposeAt = TimeSpan.MaxValue;
    private Position _applied;
    private StateDigest _digest;
    private string? _lastError;
    private bool _draining;
    private bool _audienceChanged;

    private ReplicaView View => _replica?.View ?? _retired!;

    private bool Proposes => !_draining && View is { Serving: true, TransferTo: null };

    /// <summary>When what is queued becomes a proposal; null: not now, or nothing is.</summary>
    private TimeSpan? ProposesAt =>
        _writes!.QueuedCount == 0 || !Proposes ? null
        : _writes.InHaste ? TimeSpan.Zero
        : _groupCommit.DueAt(_writes.QueuedCount);

    /// <summary>Everybody who waits is told what is known, and the file is closed.</summary>
    private void End()
    {
        _draining = true;
        Retire("the node is stopping");
        _inbox.Close();
        _arrivals.Close();
        foreach (var incoming in _inbox.Take(_taken))
        {
            Take(incoming);
        }

        QueueArrived();
        Publish();
        _writes!.End(View);
        _reads.Expire(TimeSpan.MaxValue);
        _reads.Tell();
        TellOperators();
        _drains.ForEach(settled => settled.TrySetResult());
        CloseStore();
    }

    private void Turn()
    {
        _taken = _inbox.Take(_taken);
        _now = NodeClock.Now;
        foreach (var incoming in _taken)
        {
            Take(incoming);
        }

        _taken.Clear();
        QueueArrived();
        RestartWhenDue();
        var ticks = _now.Clock >= _tickAt;
        if (ticks)
        {
            Step(Tick.Now);
        }

        Propose();
        AskAgain();
        _writes!.Review(View);
        _reads.Applied(_applied.Index);
        if (ticks)
        {
            _writes.Expire(View, _now.Clock);
            _reads.Expire(_now.Clock);
        }

        PlanTick(ticks);
        PlanProposal();
        Publish();
        _writes.Tell();
        _reads.Tell();
        TellOperators();
        if (_draining && _writes.IsEmpty)
        {
            _drains.ForEach(settled => settled.TrySetResult());
            _drains.Clear();
        }
    }

    /// <param name="ticked">In this turn.</param>
    private void PlanTick(bool ticked)
    {
        var quiet = _replica?.QuietUntil;
        if (quiet > _now.Clock && _reads.IsEmpty && _writes!.IsEmpty)
        {
            _tickAt = quiet.Value;
        }
        else if (ticked || (quiet is null && _tickAt > _now.Clock + _tickEvery))
        {
            _tickAt = _now.Clock + _tickEvery;
            if (!ticked)
            {
                // The node's own thread sleeps for longer than that.
                _wake.Set();
            }
        }
    }

    /// <summary>The node's own thread sees to it that nobody who is waited for is waited for too long.</summary>
    private void PlanProposal()
    {
        var due = Proposes && _groupCommit.WaitsUntil(_now.Clock) is { } until ? until : TimeSpan.MaxValue;
        if (due != _proposeAt)
        {
            _proposeAt = due;
            if (due < _tickAt)
            {
                _wake.Set();
            }
        }
    }

    private void Take(Incoming incoming)
    {
        switch (incoming)
        {
            case Incoming.ForReplica { Input: LeaseAnswer answer }:
                TakeLeaseAnswer(answer);
                break;
            case Incoming.ForReplica { Input: Asked asked } when _replica is null:
                Answer(asked.Correlation, null);
                break;
            case Incoming.ForReplica(var input):
                Step(input);
                break;
            case Incoming.ForLife(var life, var input) when life == _life:
                if (input is Saved saved)
                {
                    _tail.Saved(saved.Ticket);
                }

                Step(input);
                break;
            case Incoming.AppliedHere(var life, var entries, var digests) when life == _life && entries.Count > 0:
                // Step 7: applied, and visible to readers.
                (_applied, _digest) = (entries[^1].Position, digests[^1]);
                Step(new Applied(_applied.Index, digests));
                foreach (var entry in entries)
                {
                    _writes!.Applied(entry, View);
                }

                break;
            case Incoming.Read(var read):
                Ask(read);
                break;
            case Incoming.StoreFailed(var life, var cause) when life == _life:
                if (cause is InvariantBrokenException)
                {
                    // Nothing to do with the disk: an entry that cannot be applied would stop every restart as well.
                    Stop(cause.Message, cause);
                }
                else
                {
                    OnStoreFailed(cause);
                }

                break;
            case Incoming.Remark(var sentence):
                _lastError = sentence;
                break;
            case Incoming.Operate operation:
                Begin(operation);
                break;
            case Incoming.Drain(var settled):
                _draining = true;
                _drains.Add(settled);
                break;
            default:
                // Of an earlier life.
                break;
        }
    }

    private void QueueArrived()
    {
        _arrived = _arrivals.Take(_arrived);
        _arrived.ForEach(_writes!.Queue);
        _arrived.Clear();
    }

    private void Step(Input input)
    {
        if (_replica is null)
        {
            return;
        }

        Learn(input);

        foreach (var effect in _replica.Step(input, NodeClock.Now))
        {
            Carry(effect);
        }
    }

    /// <summary>When it is due, all that is queued becomes one proposal: one append, one save.</summary>
    private void Propose()
    {
        _groupCommit.Review(View.Term, _applied.Index, _writes!.QueuedCount, _now.Clock);
        if (_draining || View.Role != Role.Leader)
        {
            _writes.RefuseQueued();
        }
        else if (ProposesAt <= _now.Clock)
        {
            _proposing = _writes.TakeQueued(_options.BatchBytes, _now.Clock);
            if (_proposing.Count > 0)
            {
                Step(new Propose([.. _proposing.Select(write => write.Payload)]));
            }
        }
    }

    private void Ask(PendingRead read)
    {
        var id = _reads.Ask(read);
        if (_replica is null)
        {
            _reads.Failed(id, _now.Clock);
        }
        else
        {
            Step(new Read(id));
        }
    }

    private void AskAgain()
    {
        foreach (var read in _reads.TakeWaiting(_audienceChanged, _now.Clock))
        {
            Ask(read);
        }

        _audienceChanged = false;
    }
}
