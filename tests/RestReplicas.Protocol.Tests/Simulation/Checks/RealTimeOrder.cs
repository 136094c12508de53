namespace RestReplicas.Protocol.Tests.Simulation.Checks;

/// <summary>
/// Invariant 5: histories are linearizable. All nodes apply one sequence (invariant 3), so what is left to check is
/// that it respects real time: an operation sees everything that was complete before it was invoked.
/// </summary>
internal sealed class RealTimeOrder
{
    /// <summary>The highest index that any completed operation has written or seen.</summary>
    public long Newest { get; private set; }

    public void Completed(string what, long index, long newestWhenInvoked, bool strictly)
    {
        if (strictly ? index <= newestWhenInvoked : index < newestWhenInvoked)
        {
            throw new ViolationException(5, $"a {what} at {index} was invoked after {newestWhenInvoked} was complete");
        }

        Newest = Math.Max(Newest, index);
    }
}
