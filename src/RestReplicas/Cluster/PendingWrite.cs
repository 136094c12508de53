using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>One client's write, from the queue to its answer. Only the loop touches it; the client waits for the answer.</summary>
internal sealed class PendingWrite(ReadOnlyMemory<byte> payload, Acks acks, TimeSpan deadline)
{
    private readonly TaskCompletionSource<WriteResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReadOnlyMemory<byte> Payload => payload;

    public Acks Acks => acks;

    /// <summary>On the node's clock.</summary>
    public TimeSpan Deadline => deadline;

    /// <summary>Null: not in the log yet.</summary>
    public Position? Position { get; set; }

    /// <summary>Null: not applied yet.</summary>
    public Outcome? Outcome { get; set; }

    /// <summary>Another write at the same index, in another term: this node led, lost it, and leads again.</summary>
    public PendingWrite? Next { get; set; }

    public bool IsSettled => Result is not null;

    public WriteResult? Result { get; set; }

    public Task<WriteResult> Answer => _answer.Task;

    /// <summary>The client learns the result, once.</summary>
    public void Tell() => _answer.TrySetResult(Result!);
}
