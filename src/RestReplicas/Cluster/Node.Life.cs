using RestReplicas.Lease;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Cluster;

/// <summary>How a node begins and ends, and how its replica begins again after the disk failed it.</summary>
public sealed partial class Node
{
    /// <summary>For what is under way when the node stops.</summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromMilliseconds(500);

    /// <summary>A disk may hang, and a stopping node must not hang with it.</summary>
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(3);

    /// <summary>Between attempts to start again from the file: a full disk fails every one of them.</summary>
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private ReplicaStore? _store;
    private LeaseContender? _lease;
    private Task _closing = Task.CompletedTask;
    private CancellationTokenRegistration _drainsOnStopping;
    private TimeSpan? _restartAt;
    private TimeSpan? _restartedAt;
    private bool _saveFailed;
    private int _life;

    /// <summary>Opens the data directory; throws <see cref="StartupException"/> with one sentence if it cannot.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_turn)
        {
            OpenOrReplace();
            if (_leaseOptions.Redis.Count > 0)
            {
                _lease = new(
                    _leaseOptions, _cluster.Name, _name, () => NodeClock.Elapsed, PostLeaseInput, _logs.CreateLogger<LeaseContender>());
            }

            Publish();
        }

        _thread.Start();
        _drainsOnStopping = _lifetime.ApplicationStopping.Register(Leave);
        return Task.CompletedTask;
    }

    /// <summary>Takes no more writes, lets what is under way settle for a moment, gives the lease back, and closes the file.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_thread.IsAlive)
        {
            return;
        }

        await Task.WhenAny(Drain(), Task.Delay(SettleLimit, CancellationToken.None));
        await _stopping.CancelAsync();
        _wake.Set();
        await Task.Run(_thread.Join, CancellationToken.None);
        if (_lease is not null)
        {
            await _lease.DisposeAsync();
        }

        await Task.WhenAny(_closing, Task.Delay(CloseLimit, CancellationToken.None));
        if (_closing.IsCompletedSuccessfully)
        {
            _log.Stopped();
        }
        else
        {
            _log.CloseFailed(_closing.Exception);
        }
    }

    /// <summary>Stops a node that nobody stopped: its host failed to start, for a taken port, say.</summary>
    public void Dispose()
    {
        StopAsync(CancellationToken.None).GetAwaiter().GetResult();
        _drainsOnStopping.Dispose();
        _stopping.Dispose();
        _wake.Dispose();
    }

    private Task Drain()
    {
        var settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new Incoming.Drain(settled));
        return settled.Task;
    }

    /// <summary>A disk that nobody can start from is replaced by another one, which is marked as that.</summary>
    private void OpenOrReplace()
    {
        try
        {
            Open(saveFailed: false);
        }
        catch (DamagedDiskException e)
        {
            _directory.SetAside(e.Message);
            Open(saveFailed: false);
        }

        if (_directory.SetAsideNote is { } note)
        {
            _log.DiskSetAside(note);
            _lastError = note;
        }
    }

    /// <summary>A new life: the file, and a replica that starts from what the file holds.</summary>
    private void Open(bool saveFailed)
    {
        var store = ReplicaStore.Open(_directory, _storage, TimeProvider.System, _logs.CreateLogger<ReplicaStore>());
        var state = store.Load(_cluster.Found);
        var life = ++_life;
        _disk = state.Disk;
        _applied = state.Applied;
        _digest = new(state.Applied.Index, state.Digest);
        _tail = new(_options.TailBytes, state.Log.LastIndex);
        _batches = new(_tail, store, _options.BatchBytes);
        _writes ??= new(_name, _disk, _writeBudget);
        _writes.Disk = _disk;
        var boot = ReplicaSettings.Boot(state, saveFailed);
        _replica = new(ReplicaSettings.Options(_name, _address, _cluster, _options, _leaseOptions), boot, NodeClock.Now);
        store.Start(new()
        {
            DigestEvery = _options.DigestEvery,
            Saved = ticket => Post(new Incoming.ForLife(life, new Saved(ticket))),
            Applied = (entries, digests) => Post(new Incoming.AppliedHere(life, entries, digests)),
            Bounds = bounds => Post(new Incoming.ForLife(life, bounds)),
            Failed = cause => Post(new Incoming.StoreFailed(life, cause)),
            Space = low => Post(new Incoming.ForLife(life, new DiskSpace(low))),
            Damaged = why => Post(new Incoming.ForLife(life, new StateDamaged(why))),
        });
        _store = store;
    }

    /// <summary>
    /// After a failed save nothing newer than the last good one is trusted: the replica ends here, and another one starts
    /// from the file, or from what could be written of it to a new one (protocol.md §5).
    /// </summary>
    private void OnStoreFailed(Exception cause)
    {
        _log.SaveFailed(cause);
        _saveFailed = true;
        _lastError = $"A save failed: {cause.Message}";
        Retire("a save failed");
        CloseStore(FailedDisk.Is(cause) ? Rebuild : null);
        _restartAt = _restartedAt is { } last && last + RestartPause > _now.Clock ? last + RestartPause : _now.Clock;
    }

    private void RestartWhenDue()
    {
        if (_restartAt is not { } at || _now.Clock < at || !_closing.IsCompleted)
        {
            return;
        }

        (_restartAt, _restartedAt) = (null, _now.Clock);
        switch (_closing.Exception?.InnerException)
        {
            case InvariantBrokenException broken:
                // Which file counts is not known: the next process will see.
                throw broken;
            case StartupException damaged:
                RestartFailed(damaged);
                _closing = Task.Run(Rebuild);
                return;
            default:
                break;
        }

        try
        {
            Open(_saveFailed);
            _saveFailed = false;
        }
        catch (StartupException e)
        {
            RestartFailed(e);
            return;
        }

        _leaseAnswersToDrop = _leaseAnswersDue;
        _log.Restarted(_replica!.View.Last, _applied);
        SettleFromFile();
        _reads.Restarted(_now.Clock);
    }

    private void RestartFailed(StartupException e)
    {
        _log.RestartFailed(e);
        _lastError = e.Message;
        _restartAt = _now.Clock + RestartPause;
    }

    private void Rebuild()
    {
        _directory.Rebuild();
        _log.Rebuilt(_directory.Generation);
    }

    /// <summary>What was applied without a word, because the store failed before it could say so, has its outcome in the file.</summary>
    private void SettleFromFile()
    {
        using var reader = new DocumentReader(_directory, _storage);
        foreach (var position in _writes!.OpenThrough(_applied.Index))
        {
            switch (reader.Fate(position).Fate)
            {
                case PositionFate.Committed(var outcome):
                    _writes.Applied(new(position, EntryKind.Command, outcome), _replica!.View);
                    break;
                case PositionFate.Lost:
                    _writes.Lost(position);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>The replica is gone: peers are told to ask again, and the status says that nobody leads here.</summary>
    private void Retire(string why)
    {
        if (_replica is null)
        {
            return;
        }

        _retired = _replica.View with
        {
            Role = Role.Follower,
            Leader = null,
            LeaderAddress = null,
            LeaderHeard = false,
            Serving = false,
            Freshness = null,
            Lease = new(_lease is null ? LeaseState.NotConfigured : LeaseState.None, null),
            Followers = [],
            Refusal = why,
        };
        if (_replica.View.Lease is { State: LeaseState.Held, Token: { } token })
        {
            _lease!.Carry(new LeaseCall.Release(token));
        }

        _replica = null;
        _life++;
        foreach (var ask in _asks.Values)
        {
            ask.Answer.TrySetResult(null);
        }
    }

    /// <summary>A safety rule was broken, or the loop met a bug: the process ends, loudly, and touches nothing more.</summary>
    private void Stop(string alarm, Exception? cause)
    {
        _log.Halted(alarm, cause);
        _lastError = alarm;
        _draining = true;
        _restartAt = null;
        Retire(alarm);
        Environment.ExitCode = ExitCode;
        _lifetime.StopApplication();
    }

    /// <summary>On a thread of its own, for it waits for the disk.</summary>
    private void CloseStore(Action? then = null)
    {
        if (_store is { } store)
        {
            _store = null;
            _closing = Task.Run(() =>
            {
                store.Dispose();
                then?.Invoke();
            });
        }
    }
}
