using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Peers;

/// <summary>
/// Brings another node's snapshot here, one at a time (protocol.md §6). What came of one is kept, through broken
/// connections and restarts; what came of any other is not.
/// </summary>
public sealed class SnapshotFetcher(
    PeerClient peers, DataDirectory directory, StorageOptions options, TimeProvider time, ILogger<SnapshotFetcher> log) : IDisposable
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private CancellationTokenSource _cancel = new();
    private Task _fetching = Task.CompletedTask;

    /// <summary>
    /// Never waits. Ends in <see cref="SnapshotFetched"/> or <see cref="SnapshotNotFetched"/>, told on another thread. One
    /// that is under way is given up.
    /// </summary>
    public void Fetch(FetchSnapshot order, Action<Input> answer)
    {
        lock (_gate)
        {
            _cancel.Cancel();
            _cancel = new();
            var (before, cancellation) = (_fetching, _cancel.Token);
            _fetching = Task.Run(
                async () =>
                {
                    await before;
                    answer(await Fetch(order, cancellation) ? new SnapshotFetched(order.Snapshot) : new SnapshotNotFetched(order.Snapshot.Id));
                },
                CancellationToken.None);
        }
    }

    public void Dispose()
    {
        Task fetching;
        lock (_gate)
        {
            _cancel.Cancel();
            fetching = _fetching;
        }

        fetching.GetAwaiter().GetResult();
    }

    /// <summary>False: whatever is in the way, it is said, and what came is kept if it may be of use.</summary>
    private async Task<bool> Fetch(FetchSnapshot order, CancellationToken cancellation)
    {
        var (from, snapshot) = order;
        var file = directory.IncomingFile(snapshot.Id);
        try
        {
            var started = time.GetTimestamp();
            RemoveOthers(file);
            await Receive(from, snapshot, file, cancellation);
            log.SnapshotReceived(snapshot.At, from, snapshot.Bytes, (long)time.GetElapsedTime(started).TotalMilliseconds);
            directory.Verify(snapshot, cancellation);
            return true;
        }
        catch (InvalidDataException e)
        {
            log.SnapshotWrong(snapshot.At, from, e.Message);
            File.Delete(file);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            log.SnapshotNotReceived(snapshot.At, from, e.Message);
        }

        return false;
    }

    private async Task Receive(NodeName from, Snapshot snapshot, string file, CancellationToken cancellation)
    {
        await using var part = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 0, FileOptions.Asynchronous);
        if (part.Length > snapshot.Bytes)
        {
            part.SetLength(0);
        }

        var free = directory.FreeBytes();
        if (free < snapshot.Bytes - part.Length + options.Reserve)
        {
            throw new IOException($"{snapshot.Bytes - part.Length} bytes are missing, and of {free} free ones {options.Reserve} are to stay free");
        }

        var told = time.GetTimestamp();
        await peers.FetchSnapshot(from, snapshot, part, Tell, cancellation);
        part.Flush(flushToDisk: true);
        Directories.Sync(directory.Incoming);

        void Tell(long present)
        {
            if (time.GetElapsedTime(told) >= TellEvery)
            {
                told = time.GetTimestamp();
                log.SnapshotUnderWay(snapshot.At, from, present, snapshot.Bytes);
            }
        }
    }

    private void RemoveOthers(string file)
    {
        foreach (var other in Directory.EnumerateFiles(directory.Incoming).Where(other => other != file))
        {
            File.Delete(other);
        }
    }
}
