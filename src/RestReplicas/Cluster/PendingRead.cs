namespace RestReplicas.Cluster;

/// <summary>One linearizable read that waits to be confirmed, and then for this node to have applied enough.</summary>
internal sealed class PendingRead(TimeSpan deadline) : Pending(deadline)
{
    private readonly TaskCompletionSource<ReadIndexResult> _answer = new();

    /// <summary>Null: none yet.</summary>
    public ReadIndexResult? Result { get; set; }

    public Task<ReadIndexResult> Answer => _answer.Task;

    public override void Tell() => _answer.TrySetResult(Result!);
}
