namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>
/// A disk: what is synced survives everything but a wipe; what is asked for but not synced survives a crash or not, in
/// order. The applied state is written beside it without a sync of its own, so a crash may take some of it back; so is
/// trimming, which comes after the applying that it relies on.
/// </summary>
internal sealed class SimDisk(DiskId id, bool replacement = false)
{
    private long _trimmed;

    public DiskId Id => id;

    public Term Term { get; private set; }

    public DiskId? VotedFor { get; private set; }

    public SimLog Log { get; private set; } = new();

    /// <summary>What the entries up to the log's base have made.</summary>
    public SimState BaseState { get; private set; } = new();

    /// <summary>Applied and covered by a sync.</summary>
    public long AppliedSynced { get; private set; }

    /// <summary>Applied, perhaps not yet synced.</summary>
    public long Applied { get; set; }

    public Queue<Save> Asked { get; } = new();

    public bool Busy { get; set; }

    /// <summary>Injected damage of the state, until a snapshot replaces that.</summary>
    public bool Scarred { get; set; }

    /// <summary>The node knows, and has written that down.</summary>
    public bool Marked { get; set; }

    public void Write(Save save, Checks.Observer observer)
    {
        if (save.Hard is { } hard)
        {
            Promise(hard, observer);
        }

        Log.Write(save);
        if (Log.Last > 0)
        {
            observer.LogSaved(id, Log.PositionAt(Log.Last));
        }
    }

    public void Trim(long through) => _trimmed = Math.Max(_trimmed, through);

    public void Synced(long appliedBefore) => AppliedSynced = Math.Max(AppliedSynced, appliedBefore);

    /// <summary>The snapshot in place of log and state; no save is under way. What follows it in the log may stay.</summary>
    public void Install(SimSnapshot snapshot, HardState hard, bool keepsLog, Checks.Observer observer)
    {
        Promise(hard, observer);
        var after = keepsLog ? Log.EntriesAfter(snapshot.Info.At.Index) : [];
        Log = snapshot.Log.Copy();
        Log.Write(new(0, null, null, after));
        BaseState = snapshot.State.Copy();
        Applied = AppliedSynced = _trimmed = snapshot.Info.At.Index;
        Scarred = Marked = false;
        observer.LogSaved(id, Log.PositionAt(Log.Last));
    }

    /// <summary>The process is gone. Some of what was under way may be there all the same, in order.</summary>
    public void Crash(Dice dice, Checks.Observer observer)
    {
        while (Asked.TryDequeue(out var save) && dice.Chance(0.5))
        {
            Write(save, observer);
        }

        Asked.Clear();
        Busy = false;
        Applied = AppliedSynced + (long)dice.Between(0, Applied - AppliedSynced + 0.99);
        Applied = Math.Min(Applied, Log.Last);
        AppliedSynced = Applied; // every start begins with a sync
        _trimmed = Math.Max(Log.Base, Math.Min(_trimmed, Applied));
        foreach (var entry in Log.EntriesAfter(Log.Base).TakeWhile(e => e.Index <= _trimmed))
        {
            BaseState.Apply(entry);
        }

        Log.Trim(_trimmed);
    }

    public Boot Boot(Dice dice, bool saveFailed) => new()
    {
        Disk = id,
        Cluster = Log.Configurations is [var (_, first), ..] ? first.Cluster : null,
        Term = Term,
        VotedFor = VotedFor,
        Log = Log.Shape(),
        Configurations = [.. Log.Configurations.Skip(Math.Max(0, Log.Configurations.FindLastIndex(c => c.Index <= Log.Base)))],
        Applied = Applied,
        LastTimestamp = Log.LastTimestamp,
        Nonce = dice.Word(),
        Seed = dice.Word(),
        Fresh = new(dice.Id()),
        SaveFailed = saveFailed,
        Replacement = replacement,
        Damaged = Marked ? "found before this start" : null,
        Digest = State().StateDigest.Digest,
    };

    /// <summary>The state as it is after a start: what is on the disk, damage included.</summary>
    public SimState State()
    {
        var state = BaseState.Copy();
        foreach (var entry in Log.EntriesAfter(Log.Base).TakeWhile(e => e.Index <= Applied))
        {
            state.Apply(entry);
        }

        if (Scarred)
        {
            state.Scar();
        }

        return state;
    }

    private void Promise(HardState hard, Checks.Observer observer)
    {
        observer.HardStateSaved(id, Term, VotedFor, hard);
        (Term, VotedFor) = (hard.Term, hard.VotedFor);
    }
}

/// <summary>What one node gives another: committed state, with the positions that led to it.</summary>
internal sealed record SimSnapshot(Snapshot Info, SimLog Log, SimState State);
