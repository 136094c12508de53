namespace RestReplicas.Local.Verification;

internal enum Asked
{
    Put,
    Delete,
    Read,

    /// <summary>What became of the write at a position.</summary>
    LookUp,
}

/// <summary>What a node says of a position.</summary>
internal enum Fate
{
    Committed,
    Pending,
    Lost,
    Unknown,
}

/// <summary>What the client knows when it is over, or what was found out later by the write's position.</summary>
internal enum Ending
{
    /// <summary>It happened: a write is committed, a read has an answer.</summary>
    Done,

    /// <summary>Its condition was judged and did not hold, or there was nothing to delete: it tells of the state, and changed nothing.</summary>
    Declined,

    /// <summary>It certainly did not happen.</summary>
    Never,

    /// <summary>A write that may happen at any time after it was sent, or never.</summary>
    Unknown,
}

internal enum Level
{
    Local,
    Leader,
    Linearizable,
}

/// <summary>
/// What one client asked of one document, and what it was told. Every write has a value that no other write has, so a
/// value stands for the version that was written with it: conditions are kept as the value that had to be there.
/// </summary>
internal sealed record Operation
{
    public required string Client { get; init; }

    public required string Key { get; init; }

    public required Asked Asked { get; init; }

    /// <summary>Written, or read; null: no document.</summary>
    public string? Value { get; init; }

    /// <summary>Before the request; of a redirected read, before its last request, whose answer it is.</summary>
    public required TimeSpan Sent { get; init; }

    /// <summary>After the answer, on the same monotonic clock.</summary>
    public required TimeSpan Ended { get; init; }

    public Ending Ending { get; init; } = Ending.Done;

    /// <summary>A write's condition: that there is no document.</summary>
    public bool IfAbsent { get; init; }

    /// <summary>A write's condition: that this is there.</summary>
    public string? IfValue { get; init; }

    /// <summary>Whether there was a document before, as the answer told; null: it did not.</summary>
    public bool? Existed { get; init; }

    /// <summary>The version that a declined write was told of.</summary>
    public Spot? Current { get; init; }

    /// <summary>Of the write; of the state that was read; that was looked up.</summary>
    public Spot? At { get; init; }

    /// <summary>Of a position that was looked up.</summary>
    public Fate? Fate { get; init; }

    /// <summary>Of the document that was read.</summary>
    public Spot? Version { get; init; }

    /// <summary>A write that was acknowledged as committed, at <see cref="Ended"/>.</summary>
    public bool Acknowledged { get; init; }

    /// <summary>A write acknowledged by its leader alone.</summary>
    public bool Accepted { get; init; }

    public Level Level { get; init; }

    public TimeSpan? MaxStaleness { get; init; }

    public Spot? MinPosition { get; init; }

    /// <summary>What the answer promises; null: nothing.</summary>
    public TimeSpan? Staleness { get; init; }

    /// <summary>A read that was told that the position it named was lost.</summary>
    public bool ToldLost { get; init; }

    public string? Node { get; init; }

    /// <summary>An answer that the specification does not have.</summary>
    public string? Wrong { get; init; }

    public bool Writes => Asked is Asked.Put or Asked.Delete;

    /// <summary>A read of a document that was answered.</summary>
    public bool SawState => Asked == Asked.Read && Ending == Ending.Done;

    public override string ToString()
    {
        var condition = IfAbsent ? " if absent" : IfValue is { } value ? $" if {value}" : "";
        var bounds = $"{(MaxStaleness is { } most ? $" within {most.TotalMilliseconds} ms" : "")}{(MinPosition is { } least ? $" from {least}" : "")}";
        var what = Writes ? $"{Asked} {Value}{condition}"
            : Asked == Asked.LookUp ? $"look-up = {Fate}"
            : ToldLost ? $"{Level} read{bounds} = told that it is lost"
            : $"{Level} read{bounds} = {Value ?? "nothing"} ({Version})";
        var existed = Existed switch { true => ", existed", false => ", was absent", null => "" };
        var stale = !SawState ? "" : $", staleness {Staleness?.TotalMilliseconds.ToString("F0", null) ?? "unknown"} ms";
        return $"[{Sent.TotalSeconds:F4} - {Ended.TotalSeconds:F4}] {Client} {Key}: {what}: {Ending}{existed} at {At} by {Node}{stale}{(Current is { } c ? $", current {c}" : "")}{(Accepted ? ", accepted" : "")} {Wrong}";
    }
}
