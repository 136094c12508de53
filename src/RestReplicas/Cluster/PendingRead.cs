namespace RestReplicas.Cluster;

/// <summary>One linearizable read that waits to be confirmed, and then for this node to have applied enough.</summary>
internal sealed class PendingRead(TimeSpan deadline)
{
    private readonly TaskCompletionSource<ReadIndexResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>On the node's clock.</summary>
    public TimeSpan Deadline => deadline;

    public Task<ReadIndexResult> Answer => _answer.Task;

    public void Tell(ReadIndexResult result) => _answer.TrySetResult(result);
}
