using Microsoft.Data.Sqlite;
using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// Turns entries into documents. An outcome depends on nothing but the entry and the state before it, so it is the same
/// on every node. Used inside the writer's transaction; the position applied is written in the same one.
/// </summary>
internal sealed class Applying : IDisposable
{
    private readonly RunningDigest _digest = new();
    private readonly DocumentTable _documents;
    private readonly IdempotencyTable _keys;
    private readonly IndexTable _indexes;
    private readonly OutcomeRun _run = new();
    private readonly List<(string Collection, string Id)> _changed = [];
    private readonly Statement _outcomes;
    private readonly Statement _position;
    private readonly Statement _applied;

    public Applying(SqliteConnection connection)
    {
        Indexes = new(connection);
        _documents = new(connection, _digest, Indexes);
        _indexes = new(connection, _digest, Indexes);
        _keys = new(connection, _digest);
        _outcomes = new(connection, "INSERT INTO outcomes (last, first, outcomes) VALUES (?1, ?2, ?3)");
        _position = new(connection, "UPDATE applied SET idx = ?1, term = ?2, digest = ?3");
        _applied = new(connection, "SELECT idx, term, digest FROM applied");
        Load();
    }

    public Position Last { get; private set; }

    public long LastIndex => Last.Index;

    /// <summary>The documents that this run of entries has changed.</summary>
    public IReadOnlyList<(string Collection, string Id)> Changed => _changed;

    /// <summary>What is in the indexes follows what is applied.</summary>
    public IndexContents Indexes { get; }

    /// <summary>What the last outcome takes in the file.</summary>
    public int OutcomeBytes { get; private set; }

    /// <summary>Of the state at <see cref="LastIndex"/>.</summary>
    public StateDigest Digest => new(LastIndex, _digest.Value);

    /// <summary>From now on the check is told of every change.</summary>
    public void Attach(StateCheck check) => _digest.Check = check;

    /// <summary>Begins a run of entries, inside a transaction.</summary>
    public void Begin()
    {
        _run.Begin(LastIndex + 1);
        _changed.Clear();
    }

    // Step 7 of a write: conditions judged, visible to readers.
    public AppliedEntry Apply(Entry entry)
    {
        Ensure.That(entry.Index == LastIndex + 1, "entries are applied without gaps");
        _digest.Index = entry.Index;
        var (outcome, encoded) = entry.Kind switch
        {
            EntryKind.Noop or EntryKind.Configuration => default,
            EntryKind.Command => Apply(CommandCodec.Decode(entry.Payload), entry),
            _ => throw new InvariantBrokenException($"the entry at {entry.Position} is of a known kind"),
        };
        _run.Add(encoded.Span);
        (Last, OutcomeBytes) = (entry.Position, encoded.Length);
        return new(entry.Position, entry.Kind, outcome);
    }

    /// <summary>Ends a run of entries: what they share is written once. The caller commits.</summary>
    public void Finish()
    {
        _documents.WriteCounts();
        _run.Write(_outcomes, LastIndex);
        _position.Bind(1, LastIndex).Bind(2, Last.Term.Value).Bind(3, _digest.Sum).Run();
    }

    /// <summary>What the file says; what was made since then was rolled back.</summary>
    public void Load()
    {
        _applied.Step();
        (Last, var digest) = (new(new(_applied.Long(1)), _applied.Long(0)), _applied.Sum(2));
        _applied.Reset();
        _digest.Load(LastIndex, digest);
        _documents.ForgetCounts();
        _keys.Forget();
        Indexes.Forget();
    }

    /// <summary>What came after this position was rolled back, and nothing more will come.</summary>
    public void StopAt(Position position) => Last = position;

    public void Dispose()
    {
        _documents.Dispose();
        _keys.Dispose();
        _indexes.Dispose();
        Indexes.Dispose();
        _outcomes.Dispose();
        _position.Dispose();
        _applied.Dispose();
    }

    private (Outcome Outcome, ReadOnlyMemory<byte> Encoded) Apply(Command command, Entry entry)
    {
        _keys.Forget(entry.Timestamp);
        var known = command.Key is { } used ? _keys.Find(used, entry.Timestamp) : null;
        var outcome = known ?? Make(command.Changes, entry);
        var encoded = OutcomeCodec.Encode(outcome);
        if (command.Key is { } key && known is null && outcome is not Outcome.Stale)
        {
            _keys.Record(key, entry, encoded.Span);
        }

        return (outcome, encoded);
    }

    private Outcome Make(IReadOnlyList<Change> changes, Entry entry) => changes is [Change.PutIndex or Change.DeleteIndex]
        ? _indexes.Make(changes[0], entry)
        : JudgeAndMake(changes, entry);

    /// <summary>All or nothing: every change is judged before the first one is made.</summary>
    private Outcome JudgeAndMake(IReadOnlyList<Change> changes, Entry entry)
    {
        var found = new DocumentTable.Found?[changes.Count];
        for (var i = 0; i < found.Length; i++)
        {
            var change = changes[i];
            found[i] = _documents.Find(change);
            if (Refuse(change, i, found[i]?.Version) is { } refusal)
            {
                return refusal;
            }
        }

        var results = new ChangeResult[found.Length];
        var ids = new string[found.Length];
        for (var i = 0; i < results.Length; i++)
        {
            (results[i], ids[i]) = (_documents.Make(changes[i], found[i], entry), changes[i].Id);
            _changed.Add((changes[i].Collection, changes[i].Id));
        }

        return new Outcome.Done(results, ids);
    }

    /// <summary>Null: the change can be made.</summary>
    private static Outcome? Refuse(Change change, int number, Position? version)
    {
        if (!Holds(change.Condition, version))
        {
            return change.Condition is Condition.AsSeen ? new Outcome.Stale(number) : new Outcome.PreconditionFailed(number, version);
        }

        return change switch
        {
            Change.Delete when version is null => new Outcome.NotFound(number),
            Change.Check { Refusal: Refusal.NotFound } => new Outcome.NotFound(number),
            Change.Check { Refusal: Refusal.PreconditionFailed } => new Outcome.PreconditionFailed(number, version),
            Change.Check { Refusal: Refusal.PatchFailed(var fault) } => new Outcome.PatchFailed(number, version!.Value, fault),
            _ => null,
        };
    }

    private static bool Holds(Condition? condition, Position? version) => condition switch
    {
        null => true,
        Condition.Absent => version is null,
        Condition.Present => version is not null,
        Condition.AtVersion at => version is { } current && at.Versions.Contains(current),
        Condition.AsSeen seen => version == seen.Version,
        _ => throw new InvariantBrokenException("a condition is of a known kind"),
    };
}
