namespace RestReplicas.Cluster;

/// <summary>Whose turn it is: one thread's at a time, and whoever comes first with something to do.</summary>
public sealed partial class Node
{
    /// <summary>That a thread takes with what it brought; then the node's own thread goes on.</summary>
    private const int MostTurns = 4;

    private readonly Lock _turn = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Arrivals _arrivals;
    private int _woken; // 1: the node's own thread is called, and its turn has not begun
    private volatile bool _readsWait;

    private bool IsTurnDue => !_inbox.IsEmpty || _arrivals.AreDue;

    /// <summary>
    /// Whoever brings something takes the node's turn with it, unless somebody has the turn: who has it looks again when it is
    /// over. So nothing that a disk or another node has answered waits until a thread is awake.
    /// </summary>
    /// <returns>False: the node takes nothing any more.</returns>
    private bool Post(Incoming incoming)
    {
        if (!_inbox.Post(incoming))
        {
            return false;
        }

        if (incoming is Incoming.Read && _readsWait)
        {
            // The turn that ends the round takes it. Asked after it was posted: had the round ended before, this would be false.
            return true;
        }

        TakeTurns();
        return true;
    }

    /// <summary>
    /// A write that is alone takes the turn, and so does the last of those that are waited for. Those before it need none; those
    /// that come while there is one leave it to the node's own thread, which by then has more of them.
    /// </summary>
    private bool Post(PendingWrite write)
    {
        if (!_arrivals.Post(write))
        {
            return false;
        }

        var writes = _writeBudget.Taken;
        if (writes == 1 || writes == _arrivals.TurnFrom)
        {
            TakeTurns();
        }
        else if (_arrivals.AreDue && Interlocked.Exchange(ref _woken, 1) == 0)
        {
            _wake.Set();
        }

        return true;
    }

    private void TakeTurns()
    {
        for (var turns = 1; !_turn.IsHeldByCurrentThread && IsTurnDue && _turn.TryEnter(); turns++)
        {
            bool again;
            try
            {
                again = TakeTurn();
            }
            finally
            {
                _turn.Exit();
            }

            if (again || turns == MostTurns)
            {
                // The rest is not this thread's business.
                _wake.Set();
                break;
            }
        }
    }

    /// <summary>The node's own thread: a turn at every tick, and those that nobody else is there to take.</summary>
    private void Run()
    {
        _log.Started(_name, View.Last, _applied, _disk);
        while (!_stopping.IsCancellationRequested)
        {
            bool again;
            lock (_turn)
            {
                again = TakeTurn();
            }

            if (!again && !IsTurnDue)
            {
                // In whole milliseconds, upwards: less than one would be no wait at all.
                var next = _proposeAt < _tickAt ? _proposeAt : _tickAt;
                _wake.WaitOne(Math.Max(1, (int)Math.Ceiling((next - NodeClock.Elapsed).TotalMilliseconds)));
            }
        }

        lock (_turn)
        {
            End();
        }
    }

    /// <returns>True: another turn is due at once, for writes that did not fit into this one's proposal.</returns>
    private bool TakeTurn()
    {
        try
        {
            Volatile.Write(ref _woken, 0);
            Turn();

            // Reads that come now share the next round, which begins in the turn that ends this one; and writes the next proposal.
            _readsWait = _replica is { ConfirmsReads: true };
            _arrivals.TurnFrom = Proposes ? _groupCommit.TurnFrom(_writes!.OpenCount, _now.Clock) : 0;
        }
        catch (Exception e)
        {
            // A bug, or memory or a file that lies: outages are values by the time they reach the loop.
            Stop(e.Message, e);
            Publish();
        }

        return ProposesAt <= _now.Clock;
    }
}
