using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace RestReplicas.Documents.Lists;

/// <summary>
/// Threads of their own for reads that may take long, one for each processor: so no thread that answers heartbeats, health
/// checks and short reads is ever held by one.
/// </summary>
public sealed class LongReads : IDisposable
{
    private readonly BlockingCollection<Action> _asked = [];
    private readonly int _most;
    private int _entered;

    public LongReads(IOptions<ReadOptions> options)
    {
        _most = options.Value.ListQueue;
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            new Thread(Read) { IsBackground = true, Name = "lists" }.Start();
        }
    }

    /// <summary>False: too many are here already. Else the caller leaves when it has been answered.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _entered) <= _most)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _entered);

    public ValueTask<T> Run<T>(Func<T> read)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked.Add(() =>
        {
            try
            {
                done.SetResult(read());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return new(done.Task);
    }

    public void Dispose() => _asked.CompleteAdding();

    private void Read()
    {
        foreach (var read in _asked.GetConsumingEnumerable())
        {
            read();
        }
    }
}
