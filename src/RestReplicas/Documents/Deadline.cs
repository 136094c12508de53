namespace RestReplicas.Documents;

/// <summary>The end of a request's time, on the monotonic clock.</summary>
public readonly struct Deadline
{
    private readonly long _from;
    private readonly TimeSpan _limit;

    private Deadline(TimeSpan limit)
    {
        _from = TimeProvider.System.GetTimestamp();
        _limit = limit;
    }

    public TimeSpan Remaining
    {
        get
        {
            var left = _limit - TimeProvider.System.GetElapsedTime(_from);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public bool IsOver => Remaining == TimeSpan.Zero;

    public static Deadline After(TimeSpan limit) => new(limit);

    public TimeSpan AtMost(TimeSpan limit) => limit < Remaining ? limit : Remaining;
}
