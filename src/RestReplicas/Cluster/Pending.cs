namespace RestReplicas.Cluster;

/// <summary>What one client waits for. Only the loop touches it; the client waits for the answer.</summary>
internal abstract class Pending<TResult>(TimeSpan deadline)
    where TResult : class
{
    /// <summary>Clients that one thread tells, one after the other: waking a thread for each costs more than telling some.</summary>
    private const int RowLength = 8;

    private readonly TaskCompletionSource<TResult> _answer = new();

    /// <summary>On the node's clock.</summary>
    public TimeSpan Deadline => deadline;

    public Task<TResult> Answer => _answer.Task;

    public bool IsSettled => Result is not null;

    public TResult? Result { get; set; }

    /// <summary>The clients learn their results, on the pool's threads: what they do then does not hold the caller up.</summary>
    public static void Tell(List<Pending<TResult>> settled)
    {
        if (settled.Count == 0)
        {
            return;
        }

        foreach (var row in settled.Chunk(RowLength))
        {
            ThreadPool.UnsafeQueueUserWorkItem(Tell, row, preferLocal: false);
        }

        settled.Clear();
    }

    private static void Tell(Pending<TResult>[] row) => Array.ForEach(row, pending => pending._answer.TrySetResult(pending.Result!));
}
