using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>One client's write, from the queue to its answer.</summary>
internal sealed class PendingWrite(ReadOnlyMemory<byte> payload, Acks acks, TimeSpan deadline) : Pending<WriteResult>(deadline)
{
    public ReadOnlyMemory<byte> Payload => payload;

    public Acks Acks => acks;

    /// <summary>Null: not in the log yet.</summary>
    public Position? Position { get; set; }

    /// <summary>Null: not applied yet.</summary>
    public Outcome? Outcome { get; set; }

    /// <summary>Another write at the same index, in another term: this node led, lost it, and leads again.</summary>
    public PendingWrite? Next { get; set; }
}
