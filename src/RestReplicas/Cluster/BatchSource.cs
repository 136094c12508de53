using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Cluster;

/// <summary>
/// Fills batches: from memory where it can, else from the file; that on the task that sends, so that a follower far
/// behind never makes the loop wait for the disk.
/// </summary>
internal sealed class BatchSource(LogTail tail, ReplicaStore store, int maxBytes)
{
    public int Era => tail.Era;

    /// <summary>Filling it waits for no disk.</summary>
    public bool HasAtHand(Send send) => !send.IsBatch || ((AppendRequest)send.Request).Previous.Index + 1 >= tail.First;

    /// <summary>
    /// The message with its entries; null if they are not those of the log that it was asked from any more.
    /// </summary>
    /// <param name="era">Of the moment when the replica asked for the batch.</param>
    public AppendRequest? Fill(AppendRequest append, long through, int era)
    {
        var next = append.Previous.Index + 1;
        var entries = tail.Read(next, through, maxBytes);
        if (entries.Count == 0)
        {
            entries = store.ReadEntries(next, Math.Min(through, tail.First - 1), maxBytes);
        }

        // Worked example: we led term 5, the log was 1:4 2:5, and a batch from 2 was asked for. Before this task ran we
        // followed the leader of term 6, whose log is 1:4 2:3. Sent in our name, 2:3 would be a lie: term 5 had 2:5.
        return entries.Count > 0 && entries[0].Index == next && tail.Era == era ? append with { Entries = entries } : null;
    }
}
