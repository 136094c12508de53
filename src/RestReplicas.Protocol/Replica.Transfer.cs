namespace RestReplicas.Protocol;

/// <summary>Handing leadership over (dissertation §3.10): for a shutdown, an upgrade, or an operator's wish.</summary>
public sealed partial class Replica
{
    private Handover? _transfer;
    private Term _obeyedIn;

    private void OnTransfer(NodeName? to)
    {
        var successor = _followers.Values
            .Where(f => (to is null || f.Name == to) && f.Stamp is not null && IsLively(f))
            .MaxBy(f => f.Match);
        if (!Serving)
        {
            Emit(new TransferRefused("This node does not lead."));
        }
        else if (to == _options.Name)
        {
            Emit(new TransferRefused($"{to} leads already."));
        }
        else if (_transfer is { } under)
        {
            Emit(new TransferRefused($"Leadership is being handed to {under.To} already."));
        }
        else if (successor is null)
        {
            Emit(new TransferRefused(to is null ? "No voter answers." : $"{to} is no voter that answers."));
        }
        else
        {
            _transfer = new(successor.Name, _now.Clock + _options.ElectionSilence);
        }
    }

    /// <summary>A leader whose disk hangs goes at once; whoever has most need not wait until it is missed (§5).</summary>
    private void OrderSuccessor()
    {
        if (_followers.Values.Where(f => f.Stamp is not null && IsLively(f)).MaxBy(f => f.Match) is { } best)
        {
            SendTo(best.Name, new TransferRequest(Header, PositionAt(best.Match), best.Stamp!.Value, _options.ElectionSilence));
        }
    }

    private bool IsLively(Progress follower) =>
        Counts(follower) && !follower.Damaged && follower.Accused is null && _now.Clock - follower.AnsweredAt < _options.QuorumTimeout;

    /// <summary>
    /// When all that is in the log is committed and answered, and the successor holds it: the order, once. If it has not
    /// won in time, this leader serves on.
    /// </summary>
    private void OrderTransfer()
    {
        if (_transfer is { Order: null } transfer
            && _applied == _log.LastIndex
            && _followers[transfer.To] is { Stamp: { } stamp } successor
            && successor.Match == _log.LastIndex)
        {
            transfer.Order = SendTo(transfer.To, new TransferRequest(Header, _log.Last, stamp, transfer.Until - _now.Clock));
        }
    }

    private void OnTransferResponse(long sequence, TransferResponse response)
    {
        if (_transfer?.Order == sequence && !response.Obeyed)
        {
            _transfer = null;
        }
    }

    private void OnTransferRequest(long correlation, TransferRequest order)
    {
        var obeys = _role == Role.Follower
            && order.Header.Term == _term
            && _leader == order.Header.From
            && _leaderDisk == order.Header.Disk
            && _obeyedIn != _term
            && _log.Last >= order.Last
            && order.Stamp.Nonce == _nonce
            && _now.Clock - order.Stamp.At.Clock <= order.Within
            && MayStand
            && _damaged is null;
        Emit(new Reply(correlation, new TransferResponse(Header, _now.Wall, obeys)));
        if (obeys)
        {
            _obeyedIn = _term;
            _predecessorsToken = _othersToken?.Token;
            BeginCampaign(usurped: null, ordered: true);
            VoteForSelf(_campaign!);
        }
    }

    private sealed class Handover(NodeName to, TimeSpan until)
    {
        public NodeName To => to;

        public TimeSpan Until => until;

        /// <summary>The sequence number of the order; null: not given yet.</summary>
        public long? Order { get; set; }
    }
}
