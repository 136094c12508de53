namespace RestReplicas.Protocol;

/// <summary>
/// A follower's side of protocol.md §8: what the leader's messages prove about the age of the state here. Each message
/// proves, once its commit index is applied, that everything acknowledged before (its echoed stamp − its quorum age)
/// is in the state. The three stay together, and wait here until they are of use.
/// </summary>
internal sealed class FreshnessBound(ulong nonce)
{
    /// <summary>When this many wait, the state is far behind, and the proofs that wait are as good as newer ones.</summary>
    private const int Capacity = 64;

    private readonly Queue<(long Commit, Freshness Proof)> _waiting = new();

    /// <summary>The best proof for the state that is applied; null: unknown.</summary>
    public Freshness? Best { get; private set; }

    public void Offer(Echo echo, long commit, long applied)
    {
        // A stamp of an earlier process was taken by a clock that may have stopped with it.
        if (echo.Stamp.Nonce != nonce)
        {
            return;
        }

        if (_waiting.Count < Capacity)
        {
            _waiting.Enqueue((commit, new(echo.Stamp.At, echo.QuorumAge)));
        }

        Advance(applied);
    }

    /// <summary>
    /// Messages may come out of order, so a proof may wait behind one of a higher commit index; that one's turn comes
    /// soon, and until then a bound that is too high is still true.
    /// </summary>
    public void Advance(long applied)
    {
        while (_waiting.TryPeek(out var head) && head.Commit <= applied)
        {
            _waiting.Dequeue();
            Improve(head.Proof);
        }
    }

    /// <summary>A leader's last own bound stays true of its state when it steps down.</summary>
    public void Improve(Freshness proof)
    {
        if (Best is null || proof.Origin > Best.Origin)
        {
            Best = proof;
        }
    }
}
