namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>Snapshots, and damage that calls for them.</summary>
internal sealed partial class SimNode
{
    private SimSnapshot? _snapshot;
    private FetchSnapshot? _fetch;
    private SimSnapshot? _fetched;
    private bool _evident;
    private bool _vouched;
    private bool _fetchVouched;

    /// <summary>Something was written that is not what was applied; evident: a row does not match its hash.</summary>
    public void Damage(bool evident)
    {
        Disk.Scarred = true;
        _evident = evident;
        if (Runs)
        {
            _state.Scar();
            if (evident)
            {
                NoticeDamage();
            }
        }
    }

    private void NoticeDamage() => Later(world.Dice.Delay(500), () =>
    {
        if (Disk.Scarred)
        {
            Step(new StateDamaged("a row does not match its hash"));
        }
    });

    private void TakeSnapshot() => Later(world.Dice.Delay(50), () =>
    {
        if (Disk.Scarred && _evident)
        {
            // Every row is checked as it is copied.
            Step(new StateDamaged("a row does not match its hash"));
            Step(new SnapshotNotTaken());
            return;
        }

        if (world.SnapshotFails())
        {
            Step(new SnapshotNotTaken());
            return;
        }

        world.Observer.Looked("snapshots taken");
        var at = PositionAt(_state.Applied);
        var info = new Snapshot(world.Dice.Id(), at, 1000, "", _state.StateDigest.Digest);
        _snapshot = new(info, Disk.Log.CopyThrough(at.Index, at.Index), _state.Copy());
        Step(new SnapshotTaken(info));
    });

    /// <summary>Cut in the middle if the links are, or the other process is gone, when the last of it would come.</summary>
    private void Fetch(FetchSnapshot fetch)
    {
        _fetch = fetch;
        _fetchVouched = _vouched;
        Later(world.Dice.Delay(100), () =>
        {
            if (_fetch == fetch)
            {
                _fetched = world.FindSnapshot(fetch.From, this, fetch.Snapshot.Id);
                Step(_fetched is null ? new SnapshotNotFetched(fetch.Snapshot.Id) : new SnapshotFetched(fetch.Snapshot));
            }
        });
    }

    public SimSnapshot? SnapshotOf(Guid id) => _snapshot is { } snapshot && snapshot.Info.Id == id ? snapshot : null;

    private void Install(InstallSnapshot install)
    {
        var fetched = _fetched!;
        world.Observer.Installing(this, fetched, View, repairs: Disk.Marked, _fetchVouched);
        Stop();
        if (!world.SnapshotFails())
        {
            Disk.Install(fetched, install.Hard, install.KeepsLog, world.Observer);
        }

        // Else the power went before the pointer to the new generation was written.
        StartSoon();
    }

    private void StartSoon() => world.Schedule.In(world.Dice.Delay(50), () =>
    {
        if (!Runs)
        {
            Start();
        }
    });
}
