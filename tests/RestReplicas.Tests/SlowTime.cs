namespace RestReplicas.Tests;

/// <summary>Every look at this clock takes ten milliseconds.</summary>
internal sealed class SlowTime : TimeProvider
{
    private long _reads;

    public Action<long>? OnRead
    {
        get;
        set
        {
            _reads = 0;
            field = value;
        }
    }

    public override long TimestampFrequency => 100;

    public override long GetTimestamp()
    {
        var reads = ++_reads;
        OnRead?.Invoke(reads);
        return reads;
    }
}
