namespace RestReplicas.Cluster;

/// <summary>Requests that wait until the node's status meets a condition. Bounded.</summary>
internal sealed class StatusWaiters(int capacity)
{
    private readonly Lock _lock = new();
    private readonly HashSet<Waiter> _waiters = [];

    /// <summary>The first status that meets the condition, or the last one before the time limit or the end.</summary>
    public async ValueTask<NodeStatus> Wait(
        Func<NodeStatus> current, Func<NodeStatus, bool> condition, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(condition);
        lock (_lock)
        {
            // Inside the lock: what is published after this is looked at with this waiter in the set.
            var now = current();
            if (condition(now) || now.Draining || timeout <= TimeSpan.Zero || _waiters.Count >= capacity)
            {
                return now;
            }

            _waiters.Add(waiter);
        }

        try
        {
            return await waiter.Met.Task.WaitAsync(timeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            return current();
        }
        finally
        {
            lock (_lock)
            {
                _waiters.Remove(waiter);
            }
        }
    }

    /// <summary>Called by the loop with every new status. A node that is stopping lets nobody wait any longer.</summary>
    public void Look(NodeStatus status)
    {
        lock (_lock)
        {
            if (_waiters.Count > 0)
            {
                _waiters.RemoveWhere(waiter =>
                    (status.Draining || waiter.Condition(status)) && waiter.Met.TrySetResult(status));
            }
        }
    }

    private sealed class Waiter(Func<NodeStatus, bool> condition)
    {
        public Func<NodeStatus, bool> Condition => condition;

        public TaskCompletionSource<NodeStatus> Met { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
