namespace RestReplicas.Protocol.Tests.Simulation.Checks;

/// <summary>
/// Invariant 8: injected damage never spreads, where a majority is there to notice it; and with 4: no snapshot takes a node
/// back.
/// </summary>
internal sealed class SoundSnapshots
{
    /// <summary>A leader's word was taken, for want of a majority, and it was wrong: from here on nobody knows better.</summary>
    private bool _misled;

    public void Installing(SimNode node, SimSnapshot snapshot, ReplicaView view, bool repairs, bool vouched)
    {
        _misled |= snapshot.State.Scarred && !vouched;
        if (snapshot.State.Scarred && !_misled)
        {
            throw new ViolationException(8, $"{node} installs a damaged state, of {snapshot.Info.At}");
        }

        var least = repairs ? view.Applied : view.Commit;
        if (snapshot.Info.At.Index < least)
        {
            throw new ViolationException(4, $"{node} goes back from {least} to the snapshot of {snapshot.Info.At}");
        }
    }
}
