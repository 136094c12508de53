namespace RestReplicas.Cluster;

/// <summary>How much may wait at once, in number and in bytes. Any thread.</summary>
internal sealed class Budget(int most, long mostBytes)
{
    private readonly Lock _lock = new();
    private long _bytes;

    public int Taken { get; private set; }

    /// <summary>One thing of any size is always let in, or it could never be.</summary>
    public bool TryTake(int bytes)
    {
        lock (_lock)
        {
            if (Taken >= most || (Taken > 0 && _bytes + bytes > mostBytes))
            {
                return false;
            }

            Taken++;
            _bytes += bytes;
            return true;
        }
    }

    public void Return(int bytes)
    {
        lock (_lock)
        {
            Taken--;
            _bytes -= bytes;
        }
    }
}
