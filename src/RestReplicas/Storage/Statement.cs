using Microsoft.Data.Sqlite;
using RestReplicas.Documents;
using SQLitePCL;
using static SQLitePCL.raw;

namespace RestReplicas.Storage;

/// <summary>
/// One prepared SQL statement on the path of every write. It is SQLite's own, below <see cref="SqliteCommand"/>: that
/// looks parameters up by name, copies payloads and makes a reader at each execution, which here costs more than the row.
/// Parameters are bound by position, from 1; columns count from 0.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    public Statement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("The connection is not open.");
        Check(sqlite3_prepare_v3(_database, sql, SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public Statement Bind(int at, long value)
    {
        Check(sqlite3_bind_int64(_statement, at, value));
        return this;
    }

    public Statement Bind(int at, string value)
    {
        Check(sqlite3_bind_text(_statement, at, value));
        return this;
    }

    public Statement Bind(int at, ReadOnlySpan<byte> value)
    {
        // A blob of no bytes has no address, which SQLite would take for NULL.
        Check(value.IsEmpty ? sqlite3_bind_zeroblob(_statement, at, 0) : sqlite3_bind_blob(_statement, at, value));
        return this;
    }

    public Statement BindNull(int at)
    {
        Check(sqlite3_bind_null(_statement, at));
        return this;
    }

    /// <summary>True: there is a row. The caller resets.</summary>
    public bool Step()
    {
        var result = sqlite3_step(_statement);
        if (result is SQLITE_ROW or SQLITE_DONE)
        {
            return result == SQLITE_ROW;
        }

        // The connection keeps the message; reset, so that the transaction can be rolled back.
        var failure = Failure(result);
        Reset();
        throw failure;
    }

    public void Run()
    {
        while (Step())
        {
        }

        Reset();
    }

    public long Long(int column) => sqlite3_column_int64(_statement, column);

    public string Text(int column) => sqlite3_column_text(_statement, column).utf8_to_string();

    public ReadOnlySpan<byte> Blob(int column) => sqlite3_column_blob(_statement, column);

    public bool IsNull(int column) => sqlite3_column_type(_statement, column) == SQLITE_NULL;

    /// <summary>The number of the row that was inserted last, by any statement of the connection.</summary>
    public long LastInserted => sqlite3_last_insert_rowid(_database);

    /// <summary>Rows that were changed last, by any statement of the connection.</summary>
    public int Changed => sqlite3_changes(_database);

    /// <summary>What <see cref="Step"/> would have to say again is forgotten, and so is any failure.</summary>
    public void Reset() => _ = sqlite3_reset(_statement);

    public void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result != SQLITE_OK)
        {
            throw Failure(result);
        }
    }

    private SqliteException Failure(int result) =>
        new(sqlite3_errmsg(_database).utf8_to_string(), result & 0xFF, sqlite3_extended_errcode(_database));
}
