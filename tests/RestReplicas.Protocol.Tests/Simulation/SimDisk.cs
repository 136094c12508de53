namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>
/// A disk: what is synced survives everything but a wipe; what is asked for but not synced survives a crash or not, in
/// order. The applied state is written beside it without a sync of its own, so a crash may take some of it back.
/// </summary>
internal sealed class SimDisk(DiskId id)
{
    public DiskId Id => id;

    public Term Term { get; private set; }

    public DiskId? VotedFor { get; private set; }

    public List<Entry> Log { get; } = [];

    /// <summary>Applied and covered by a sync.</summary>
    public long AppliedSynced { get; private set; }

    /// <summary>Applied, perhaps not yet synced.</summary>
    public long Applied { get; set; }

    public Queue<Save> Asked { get; } = new();

    public bool Busy { get; set; }

    public void Write(Save save, Checks.Observer observer)
    {
        if (save.Hard is { } hard)
        {
            observer.HardStateSaved(id, Term, VotedFor, hard);
            (Term, VotedFor) = (hard.Term, hard.VotedFor);
        }

        if (save.RemoveFrom is { } first)
        {
            Log.RemoveRange((int)first - 1, Log.Count - (int)first + 1);
        }

        Log.AddRange(save.Entries);
        if (Log.Count > 0)
        {
            observer.LogSaved(id, Log[^1].Position);
        }
    }

    public void Synced(long appliedBefore) => AppliedSynced = Math.Max(AppliedSynced, appliedBefore);

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
        Applied = Math.Min(Applied, Log.Count);
    }

    public Boot Boot(Dice dice, bool saveFailed)
    {
        var shape = new LogShape();
        foreach (var entry in Log)
        {
            shape.Append(entry.Position);
        }

        var configurations = Log.Where(e => e.Kind == EntryKind.Configuration)
            .Select(e => (e.Index, Configuration.Decode(e.Payload.Span))).ToList();
        return new()
        {
            Disk = id,
            Cluster = configurations.Count > 0 ? configurations[0].Item2.Cluster : null,
            Term = Term,
            VotedFor = VotedFor,
            Log = shape,
            Configurations = configurations,
            Applied = Applied,
            LastTimestamp = Log.Count > 0 ? Log[^1].Timestamp : 0,
            Nonce = dice.Word(),
            Seed = dice.Word(),
            Fresh = new(dice.Id()),
            SaveFailed = saveFailed,
        };
    }
}
