using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace RestReplicas.Storage;

/// <summary>One connection that only reads, and what is prepared on it.</summary>
internal sealed class ReadingConnection(string file) : IDisposable
{
    private const string Document = """
        SELECT a.term, a.idx, d.term, d.idx, d.updated_at, d.hash, d.body
        FROM applied a LEFT JOIN documents d ON d.collection = ?1 AND d.id = ?2
        """;

    private readonly SqliteConnection _connection = Database.OpenReader(file);
    private Statement? _document;
    private EntryRows? _entries;
    private HistoryRows? _history;

    public string File { get; } = file;

    public SqliteConnection Connection => _connection;

    /// <summary>One row: the position applied, and the document, if there is one. One statement, so one state.</summary>
    public Statement FindDocument => _document ??= new(_connection, Document);

    public EntryRows Entries => _entries ??= new(_connection);

    public HistoryRows History => _history ??= new(_connection, Entries);

    public void Dispose()
    {
        _document?.Dispose();
        _history?.Dispose();
        _entries?.Dispose();
        _connection.Dispose();
    }
}

/// <summary>
/// Connections to read with, one per thread that reads at this moment: the threads are what bounds them. Some are kept
/// for the next read. When another generation counts, reads under way end on the one that they began on.
/// </summary>
internal sealed class ReaderPool : IDisposable
{
    private readonly ConcurrentStack<ReadingConnection> _idle = [];
    private readonly DataDirectory _directory;
    private readonly int _kept;
    private volatile bool _disposed;

    public ReaderPool(DataDirectory directory, int kept)
    {
        (_directory, _kept) = (directory, kept);
        _directory.Switched += Drain;
    }

    public T Use<T>(Func<ReadingConnection, T> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var connection = Idle() ?? _directory.OpenOn(file => new ReadingConnection(file));

        var usable = false;
        try
        {
            var result = read(connection);
            usable = true;
            return result;
        }
        finally
        {
            // A connection on which something failed may be inside a transaction, or worse: it is not used again.
            if (usable && !_disposed && _idle.Count < _kept && connection.File == _directory.Database)
            {
                _idle.Push(connection);
            }
            else
            {
                connection.Dispose();
            }

            if (_disposed)
            {
                Drain();
            }
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _directory.Switched -= Drain;
        Drain();
    }

    private ReadingConnection? Idle()
    {
        while (_idle.TryPop(out var connection))
        {
            if (connection.File == _directory.Database)
            {
                return connection;
            }

            connection.Dispose();
        }

        return null;
    }

    private void Drain()
    {
        while (_idle.TryPop(out var connection))
        {
            connection.Dispose();
        }
    }
}
