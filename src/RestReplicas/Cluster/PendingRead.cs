namespace RestReplicas.Cluster;

/// <summary>One linearizable read that waits to be confirmed, and then for this node to have applied enough.</summary>
internal sealed class PendingRead(TimeSpan deadline) : Pending<ReadIndexResult>(deadline);
