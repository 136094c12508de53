using Microsoft.Extensions.Options;
using RestReplicas.Cluster;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Documents.Feeds;

/// <summary>
/// The end of the history, for all who have read that far: while there are readers, one task waits at the node and reads
/// what is new, for all of them. So a thousand idle readers cost the node's loop what one costs. Who is further behind reads
/// the file.
/// </summary>
public sealed class ChangeTail(Node node, DocumentReader reader, IOptions<ChangeOptions> options)
{
    /// <summary>Entries that one reading of the file goes through.</summary>
    private const int MostEntries = 1000;

    /// <summary>After each time that readers are woken, so that under load they are told several entries at once.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly Lock _lock = new();
    private readonly HashSet<Waiter> _waiters = [];
    private readonly List<Committed> _kept = [];
    private long _keptBytes;
    private int _readers;
    private bool _watched;

    // What is kept is all that came after the one, up to the other.
    private Position _start;
    private Position _end;

    /// <summary>Counts one more reader, until that is disposed. Null: there are as many as may be.</summary>
    public IDisposable? Join()
    {
        lock (_lock)
        {
            if (_readers == options.Value.Readers)
            {
                return null;
            }

            _readers++;
            if (!_watched)
            {
                _watched = true;
                Restart(node.Status.Applied);
                _ = Task.Run(Watch);
            }

            return new Seat(this);
        }
    }

    /// <summary>To be asked by readers that have joined. Throws what <see cref="DocumentReader.ReadHistory"/> throws.</summary>
    /// <param name="since">A position of this history.</param>
    /// <param name="through">The index that the answer must know of: what is kept may be a moment behind.</param>
    public History Read(Position since, long through)
    {
        lock (_lock)
        {
            if (_watched && since.Index >= _start.Index && since.Index <= _end.Index && through <= _end.Index)
            {
                var first = _kept.FindLastIndex(committed => committed.At.Index <= since.Index) + 1;
                return new History.Held(_end, _kept.GetRange(first, _kept.Count - first), _end);
            }
        }

        return ReadFile(since);
    }

    /// <summary>Until there is a change after that position that the reader wants, or the time is over.</summary>
    /// <param name="collection">Null: it wants all.</param>
    /// <returns>Where to read on: there is nothing for it up to there.</returns>
    public async Task<Position> Wait(Position at, string? collection, TimeSpan limit, CancellationToken cancelled)
    {
        var waiter = new Waiter(collection);
        lock (_lock)
        {
            if (_end.Index > at.Index)
            {
                return at;
            }

            _waiters.Add(waiter);
        }

        try
        {
            await waiter.Met.Task.WaitAsync(limit, cancelled);
            return at;
        }
        catch (TimeoutException)
        {
            lock (_lock)
            {
                return waiter.Met.Task.IsCompleted || _end.Index < at.Index ? at : _end;
            }
        }
        finally
        {
            lock (_lock)
            {
                _waiters.Remove(waiter);
            }
        }
    }

    /// <summary>Until there are no readers.</summary>
    private async Task Watch()
    {
        while (true)
        {
            var end = _end; // nobody else writes it
            var status = await node.WaitForStatus(s => s.Applied.Index > end.Index, options.Value.Heartbeat, CancellationToken.None);
            var history = TryRead(end);
            lock (_lock)
            {
                if (_readers == 0 || status.Draining)
                {
                    _watched = false;
                    return;
                }

                if (history is History.Held held)
                {
                    Keep(held);
                }
                else
                {
                    Restart(status.Applied);
                }
            }

            await Task.Delay(Pause);
        }
    }

    /// <summary>Null: it cannot be read, as whoever asks for it will see; the others are not to wait for ever because of that.</summary>
    private History? TryRead(Position since)
    {
        try
        {
            return ReadFile(since);
        }
        catch (Exception)
        {
            return null;
        }
    }

    private History ReadFile(Position since) => reader.ReadHistory(since, MostEntries, options.Value.ReadBytes);

    private void Keep(History.Held held)
    {
        if (held.Through == _end)
        {
            return;
        }

        _kept.AddRange(held.Changes);
        _keptBytes += held.Changes.Sum(committed => committed.Bytes);
        _end = held.Through;
        if (_keptBytes > options.Value.TailBytes)
        {
            Trim();
        }

        var collections = held.Changes.SelectMany(committed => committed.Changes).Select(change => change.Collection).ToHashSet();
        _waiters.RemoveWhere(waiter =>
            (waiter.Collection is null ? collections.Count > 0 : collections.Contains(waiter.Collection)) && waiter.Met.TrySetResult());
    }

    /// <summary>More than must go, so that it is seldom.</summary>
    private void Trim()
    {
        var gone = 0;
        while (gone < _kept.Count && _keptBytes > options.Value.TailBytes / 4 * 3)
        {
            _keptBytes -= _kept[gone++].Bytes;
        }

        _start = gone == _kept.Count ? _end : _kept[gone - 1].At;
        _kept.RemoveRange(0, gone);
    }

    private void Restart(Position at)
    {
        (_start, _end, _keptBytes) = (at, at, 0);
        _kept.Clear();
        _waiters.RemoveWhere(waiter => waiter.Met.TrySetResult());
    }

    private sealed class Waiter(string? collection)
    {
        public string? Collection => collection;

        public TaskCompletionSource Met { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Seat(ChangeTail tail) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                lock (tail._lock)
                {
                    tail._readers--;
                }
            }
        }
    }
}
