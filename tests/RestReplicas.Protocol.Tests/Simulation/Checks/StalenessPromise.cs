namespace RestReplicas.Protocol.Tests.Simulation.Checks;

/// <summary>
/// Invariant 6: every write that was acknowledged at majority more than A before the request was sent is in an answer
/// whose staleness is A. Judged by true time, which no node can see.
/// </summary>
internal sealed class StalenessPromise
{
    private readonly List<(TimeSpan At, long Newest)> _acknowledged = [];

    public void Acknowledged(TimeSpan at, long index)
    {
        var newest = _acknowledged.Count == 0 ? index : Math.Max(index, _acknowledged[^1].Newest);
        _acknowledged.Add((at, newest));
    }

    public void Read(SimNode node, TimeSpan sent, long applied, TimeSpan staleness)
    {
        var before = sent - staleness;
        var newest = NewestBefore(before);
        if (newest > applied)
        {
            throw new ViolationException(
                6, $"{node} at {applied} claims to be at most {staleness} old at {sent}, but {newest} was acknowledged by {before}");
        }
    }

    private long NewestBefore(TimeSpan moment)
    {
        int low = 0, high = _acknowledged.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _acknowledged[middle].At < moment ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? 0 : _acknowledged[low - 1].Newest;
    }
}
