namespace RestReplicas.Cluster;

/// <summary>A client's request that waits for the loop.</summary>
internal abstract class Pending(TimeSpan deadline)
{
    /// <summary>On the node's clock.</summary>
    public TimeSpan Deadline => deadline;

    /// <summary>The client learns the result, once; its request goes on here and now.</summary>
    public abstract void Tell();

    /// <summary>
    /// All requests of the list go on, on pool threads, a few in a row: to queue each one, and to wake a thread for it, costs more
    /// than some of them take. The list is empty afterwards.
    /// </summary>
    public static void TellAll(List<Pending> settled)
    {
        for (var i = 0; i < settled.Count; i += Row.Most)
        {
            ThreadPool.UnsafeQueueUserWorkItem(new Row([.. settled.Skip(i).Take(Row.Most)]), preferLocal: false);
        }

        settled.Clear();
    }

    private sealed class Row(Pending[] settled) : IThreadPoolWorkItem
    {
        public const int Most = 8;

        public void Execute()
        {
            foreach (var pending in settled)
            {
                pending.Tell();
            }
        }
    }
}
