using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;
using RestReplicas.Storage;
using Xunit;
using static SQLitePCL.raw;

namespace RestReplicas.Tests.Storage;

public sealed class WalFramesRules : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("restreplicas-wal-").FullName;
    private readonly string _file;
    private readonly SqliteConnection _writer;
    private readonly WalFrames _frames;

    public WalFramesRules()
    {
        _file = Path.Combine(_folder, "a.db");
        _writer = Database.OpenWriter(_file, create: true);
        _writer.Execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB NOT NULL)");
        _frames = new(_writer);
    }

    public void Dispose()
    {
        _frames.Dispose();
        _writer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_transaction_is_written_to_the_WAL_at_once()
    {
        Fill(from: 1, rows: 40); // the header of the WAL
        using var commit = new Statement(_writer, "COMMIT");
        _writer.Execute("BEGIN IMMEDIATE");
        Fill(from: 41, rows: 50);
        var before = Writes();
        commit.Run();
        Assert.Equal(1, Writes() - before);
    }

    /// <summary>Transactions of all sizes, kept and rolled back, too large for the cache, beside checkpoints: as if there were no gathering.</summary>
    [Fact]
    public void What_is_committed_is_there_for_others_at_once_and_after_a_crash()
    {
        var random = new Random(7);
        var model = new Dictionary<long, byte[]>();
        using var beside = Database.OpenWriter(_file, create: false);
        using var reader = Database.OpenReader(_file);
        for (var round = 0; round < 150; round++)
        {
            var next = new Dictionary<long, byte[]>(model);
            _writer.Execute($"PRAGMA synchronous = {(random.Next(2) == 0 ? "FULL" : "NORMAL")}; PRAGMA cache_size = {(random.Next(3) == 0 ? 10 : 2000)}");
            _writer.Execute("BEGIN IMMEDIATE");
            for (var change = random.Next(1, random.Next(2) == 0 ? 4 : 400); change > 0; change--)
            {
                var (id, body) = (random.Next(1000), new byte[random.Next(20) == 0 ? 9000 : 100]);
                random.NextBytes(body);
                _writer.Execute("INSERT OR REPLACE INTO t VALUES (@id, @body)", new { id, body });
                next[id] = body;
                if (random.Next(50) == 0)
                {
                    Assert.Equal(next.Count, _writer.QuerySingle<int>("SELECT count(*) FROM t")); // reads what has left the cache
                }
            }

            var keeps = random.Next(4) > 0;
            _writer.Execute(keeps ? "COMMIT" : "ROLLBACK");
            model = keeps ? next : model;
            AssertSame(model, reader);
            if (random.Next(8) == 0)
            {
                var mode = random.Next(3) switch { 0 => SQLITE_CHECKPOINT_PASSIVE, 1 => SQLITE_CHECKPOINT_RESTART, _ => SQLITE_CHECKPOINT_TRUNCATE };
                Assert.True(Checkpoints.Checkpoint(random.Next(2) == 0 ? _writer : beside, mode, out _));
            }

            if (random.Next(10) == 0)
            {
                AssertSame(model, Crashed(round));
            }
        }
    }

    private void Fill(int from, int rows) => _writer.Execute(
        "WITH RECURSIVE n (i) AS (SELECT @from UNION ALL SELECT i + 1 FROM n WHERE i < @from + @rows - 1) INSERT INTO t SELECT i, zeroblob(1000) FROM n",
        new { from, rows });

    /// <summary>What is in the files now, in another process's place: what one would find that starts after a crash of this one.</summary>
    private SqliteConnection Crashed(int round)
    {
        var copy = Path.Combine(_folder, $"{round}.db");
        File.Copy(_file, copy);
        File.Copy(_file + "-wal", copy + "-wal");
        return Database.OpenReader(copy);
    }

    private static void AssertSame(Dictionary<long, byte[]> model, SqliteConnection connection)
    {
        var rows = connection.Query<(long Id, byte[] Body)>("SELECT id, body FROM t").ToDictionary(r => r.Id, r => r.Body);
        Assert.Equal(model.Count, rows.Count);
        Assert.All(model, row => Assert.Equal(row.Value, rows[row.Key]));
        Assert.Equal("ok", connection.QuerySingle<string>("PRAGMA quick_check"));
    }

    /// <summary>Writing system calls of this thread, which Linux counts (man 5 proc_pid_io).</summary>
    private static long Writes() => File.ReadLines("/proc/thread-self/io").Where(l => l.StartsWith("syscw: ", StringComparison.Ordinal))
        .Select(l => long.Parse(l["syscw: ".Length..], CultureInfo.InvariantCulture)).Single();
}
