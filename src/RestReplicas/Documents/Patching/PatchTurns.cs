using RestReplicas.Cluster;

namespace RestReplicas.Documents.Patching;

/// <summary>
/// At most one patch of a document is under way on this node; the others wait, first come first served. So of many
/// patches of one document each succeeds at its first attempt, where otherwise all but one would be computed in vain.
/// </summary>
/// <param name="most">Waiting at once, for all documents together.</param>
public sealed class PatchTurns(int most)
{
    private readonly Lock _lock = new();
    private readonly Budget _waiting = new(most, long.MaxValue);

    /// <summary>Of documents that are being patched: who waits for it.</summary>
    private readonly Dictionary<DocumentName, Queue<TaskCompletionSource>> _taken = [];

    /// <summary>Null: too many wait already, or the time was over.</summary>
    /// <param name="documents">In an order that everybody keeps, or two could wait for each other.</param>
    public async ValueTask<PatchTurn?> Take(IReadOnlyList<DocumentName> documents, Deadline deadline, CancellationToken cancelled)
    {
        var turn = new PatchTurn(this);
        try
        {
            foreach (var document in documents)
            {
                if (!await Take(document, deadline, cancelled))
                {
                    turn.Dispose();
                    return null;
                }

                turn.Documents.Add(document);
            }

            return turn;
        }
        catch (OperationCanceledException)
        {
            turn.Dispose();
            throw;
        }
    }

    internal void Pass(DocumentName document)
    {
        lock (_lock)
        {
            // Whoever has given up waiting is passed over.
            var waiting = _taken[document];
            while (waiting.TryDequeue(out var next))
            {
                if (next.TrySetResult())
                {
                    return;
                }
            }

            _taken.Remove(document);
        }
    }

    private async ValueTask<bool> Take(DocumentName document, Deadline deadline, CancellationToken cancelled)
    {
        TaskCompletionSource mine;
        lock (_lock)
        {
            if (!_taken.TryGetValue(document, out var waiting))
            {
                _taken.Add(document, new());
                return true;
            }

            if (!_waiting.TryTake(0))
            {
                return false;
            }

            mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue(mine);
        }

        try
        {
            await mine.Task.WaitAsync(deadline.Remaining, cancelled);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (!mine.TrySetCanceled(CancellationToken.None))
            {
                Pass(document); // it came at the last moment
            }

            if (e is OperationCanceledException)
            {
                throw;
            }

            return false;
        }
        finally
        {
            _waiting.Return(0);
        }
    }
}

/// <summary>Ends when it is disposed.</summary>
public sealed class PatchTurn(PatchTurns turns) : IDisposable
{
    internal List<DocumentName> Documents { get; } = [];

    public void Dispose()
    {
        Documents.ForEach(turns.Pass);
        Documents.Clear();
    }
}

public readonly record struct DocumentName(string Collection, string Id);
