using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>
/// One node: the loop that feeds its replica and carries out what the replica asks. The loop owns all mutable state;
/// everything here may be called from any thread.
/// </summary>
public sealed class Node : IHostedService
{
    /// <summary>A new snapshot after every turn of the loop that changed anything.</summary>
    public NodeStatus Status => throw new NotImplementedException();

    /// <summary>This node's two clocks, read now.</summary>
    public Moment Now => NodeClock.Now;

    /// <summary>Opens the data directory; throws <c>StartupException</c> with one sentence if it cannot.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Takes no more writes, gives the lease back, lets what is under way settle for a moment, and closes the file.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>
    /// Replicates a command. Returns <see cref="WriteResult.NotLeader"/> at once where another node leads; while this
    /// one leads but does not serve yet, waits. Throws only when <paramref name="cancellationToken"/> says so, and then
    /// the write may still happen.
    /// </summary>
    public ValueTask<WriteResult> Write(Command command, Acks acks, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Confirms with the leader that this node's state, from the returned index on, is current. On any node.</summary>
    public ValueTask<ReadIndexResult> ConfirmRead(TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>False: the index was not applied here within the time limit.</summary>
    public ValueTask<bool> WaitForApplied(long index, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>The first status that meets the condition, or the last one before the time limit.</summary>
    public ValueTask<NodeStatus> WaitForStatus(
        Func<NodeStatus, bool> condition, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
