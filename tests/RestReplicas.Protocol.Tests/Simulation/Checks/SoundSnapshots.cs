namespace RestReplicas.Protocol.Tests.Simulation.Checks;

/// <summary>Invariant 8: injected damage never spreads; and with 4: no snapshot takes a node back.</summary>
internal static class SoundSnapshots
{
    public static void Installing(SimNode node, SimSnapshot snapshot, ReplicaView view, bool repairs)
    {
        if (snapshot.State.Scarred)
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
