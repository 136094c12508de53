namespace RestReplicas.Protocol.Tests.Simulation.Checks;

/// <summary>Invariant 10: what a leader remembers for a follower is bounded, however dead or slow that is.</summary>
internal static class BoundedMemory
{
    private const int MostOutstanding = 32;

    public static void Stepped(SimNode node, ReplicaView view)
    {
        foreach (var follower in view.Followers)
        {
            if (follower.Outstanding > MostOutstanding)
            {
                throw new ViolationException(10, $"{node} remembers {follower.Outstanding} messages to {follower.Name}");
            }
        }
    }
}
