using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// The writing side of the log: entries, the first index of every term, and the promises beside them. Used inside the
/// writer's transaction.
/// </summary>
internal sealed class LogTable : IDisposable
{
    private readonly Statement _append;
    private readonly Statement _mend;
    private readonly Statement _appendTerm;
    private readonly Statement _remove;
    private readonly Statement _removeTerms;
    private readonly Statement _termAt;
    private readonly Statement _timestampAt;
    private readonly Statement _lastConfiguration;
    private readonly Statement _forget;
    private readonly Statement _forgetOutcomes;
    private readonly Statement _rebase;
    private readonly Statement _keepConfiguration;
    private readonly Statement _promise;
    private readonly Statement _cluster;
    private readonly Statement _join;
    private readonly Statement _ends;
    private long _baseTimestamp;

    public LogTable(SqliteConnection connection)
    {
        _append = new(connection, "INSERT INTO log (idx, term, kind, timestamp, checksum, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        _mend = new(connection, "INSERT OR REPLACE INTO log (idx, term, kind, timestamp, checksum, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        _appendTerm = new(connection, "INSERT INTO terms (first, term) VALUES (?1, ?2)");
        _remove = new(connection, "DELETE FROM log WHERE idx >= ?1");
        _removeTerms = new(connection, "DELETE FROM terms WHERE first >= ?1");
        _termAt = new(connection, "SELECT term FROM terms WHERE first <= ?1 ORDER BY first DESC LIMIT 1");
        _timestampAt = new(connection, "SELECT timestamp FROM log WHERE idx = ?1");
        _lastConfiguration = new(
            connection, "SELECT idx, payload FROM log WHERE kind = 2 AND idx BETWEEN ?1 AND ?2 ORDER BY idx DESC LIMIT 1");
        _forget = new(connection, "DELETE FROM log WHERE idx BETWEEN ?1 AND ?2");
        _forgetOutcomes = new(connection, "DELETE FROM outcomes WHERE last <= ?1");
        _rebase = new(connection, "UPDATE base SET idx = ?1, term = ?2, timestamp = ?3");
        _keepConfiguration = new(connection, "UPDATE base SET configuration_idx = ?1, configuration = ?2");
        _promise = new(connection, "UPDATE node SET term = ?1, voted_for = ?2 WHERE term <= ?1 RETURNING 1");
        _cluster = new(connection, "SELECT cluster FROM node");
        _join = new(connection, "UPDATE node SET cluster = ?1");
        _ends = new(connection, "SELECT b.idx, b.timestamp, ifnull((SELECT max(idx) FROM log), b.idx) FROM base b");
        Load();
    }

    /// <summary>The index before the first kept entry.</summary>
    public long Base { get; private set; }

    /// <summary>The base's, while nothing is kept after it.</summary>
    public long LastIndex { get; private set; }

    private Term LastTerm { get; set; }

    /// <summary>What the file says; what was written since then was rolled back.</summary>
    public void Load()
    {
        _ends.Step();
        (Base, _baseTimestamp, LastIndex) = (_ends.Long(0), _ends.Long(1), _ends.Long(2));
        _ends.Reset();
        LastTerm = TermAt(LastIndex);
    }

    public void Promise(HardState hard)
    {
        _promise.Bind(1, hard.Term.Value);
        if (hard.VotedFor is { } disk)
        {
            _promise.Bind(2, disk.Value.ToByteArray());
        }
        else
        {
            _promise.BindNull(2);
        }

        var promised = _promise.Step();
        _promise.Reset();
        Ensure.That(promised, "a term never goes back on a disk (invariant 4)");
    }

    public void Append(Entry entry)
    {
        Ensure.That(entry.Index == LastIndex + 1, "entries are appended without gaps");
        Ensure.That(entry.Term >= LastTerm, "terms never fall along a log");
        Write(_append, entry);
        if (entry.Term != LastTerm)
        {
            _appendTerm.Bind(1, entry.Index).Bind(2, entry.Term.Value).Run();
        }

        if (entry.Kind == EntryKind.Configuration)
        {
            Join(Configuration.Decode(entry.Payload.Span).Cluster);
        }

        (LastIndex, LastTerm) = (entry.Index, entry.Term);
    }

    /// <summary>What the log does not have at that position it does not get.</summary>
    public void Mend(Entry intact)
    {
        if (intact.Index > Base && intact.Index <= LastIndex && TermAt(intact.Index) == intact.Term)
        {
            Write(_mend, intact);
        }
    }

    public void RemoveFrom(long index)
    {
        Ensure.That(index > Base, "what is trimmed was committed, and is never removed");
        _remove.Bind(1, index).Run();
        _removeTerms.Bind(1, index).Run();
        LastIndex = index - 1;
        LastTerm = TermAt(LastIndex);
    }

    /// <summary>Forgets the entries up to an index and their outcomes, but not their terms. <see cref="Rebase"/> must follow, before the commit.</summary>
    public void ForgetThrough(long index)
    {
        Ensure.That(index > Base && index <= LastIndex, "a log is trimmed no further than it goes");
        if (_timestampAt.Bind(1, index).Step())
        {
            _baseTimestamp = _timestampAt.Long(0);
        }

        _timestampAt.Reset();
        if (_lastConfiguration.Bind(1, Base + 1).Bind(2, index).Step())
        {
            _keepConfiguration.Bind(1, _lastConfiguration.Long(0)).Bind(2, _lastConfiguration.Blob(1)).Run();
        }

        _lastConfiguration.Reset();
        _forget.Bind(1, Base + 1).Bind(2, index).Run();
        _forgetOutcomes.Bind(1, index).Run();
        Base = index;
    }

    /// <summary>Writes where the log begins now.</summary>
    public void Rebase() => _rebase.Bind(1, Base).Bind(2, TermAt(Base).Value).Bind(3, _baseTimestamp).Run();

    public void Dispose()
    {
        foreach (var statement in (Statement[])[
            _append, _mend, _appendTerm, _remove, _removeTerms, _termAt, _timestampAt, _lastConfiguration, _forget, _forgetOutcomes, _rebase, _keepConfiguration, _promise, _cluster, _join, _ends])
        {
            statement.Dispose();
        }
    }

    private static void Write(Statement statement, Entry entry) =>
        statement.Bind(1, entry.Index).Bind(2, entry.Term.Value).Bind(3, (long)entry.Kind).Bind(4, entry.Timestamp)
            .Bind(5, entry.Checksum).Bind(6, entry.Payload.Span).Run();

    /// <summary>The first configuration that a disk saves says for ever which cluster it belongs to.</summary>
    private void Join(ClusterId cluster)
    {
        _cluster.Step();
        var known = _cluster.IsNull(0) ? (ClusterId?)null : new ClusterId(new(_cluster.Blob(0)));
        _cluster.Reset();
        Ensure.That(known is null || known == cluster, "a disk belongs to one cluster");
        if (known is null)
        {
            _join.Bind(1, cluster.Value.ToByteArray()).Run();
        }
    }

    private Term TermAt(long index)
    {
        var term = _termAt.Bind(1, index).Step() ? new Term(_termAt.Long(0)) : Term.Zero;
        _termAt.Reset();
        return term;
    }
}
