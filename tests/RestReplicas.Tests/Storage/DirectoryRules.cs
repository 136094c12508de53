using System.Diagnostics;
using Microsoft.Data.Sqlite;
using RestReplicas.Storage;
using Xunit;

namespace RestReplicas.Tests.Storage;

public sealed class DirectoryRules : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("directory-").FullName, "n1");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public void A_directory_in_use_is_refused_to_everybody_else()
    {
        using (DataDirectory.Open(_path, "test"))
        {
            Assert.Contains("in use", Refusal(), StringComparison.Ordinal);
            Assert.Contains(_path, Refusal(), StringComparison.Ordinal);
            Assert.Equal(1, Flock());
        }

        Assert.Equal(0, Flock());
        DataDirectory.Open(_path, "test").Dispose();
    }

    [Fact]
    public void Another_clusters_directory_is_refused()
    {
        DataDirectory.Open(_path, "other").Dispose();
        Assert.Contains("'other'", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_versions_directory_is_refused_and_left_alone()
    {
        DataDirectory.Open(_path, "test").Dispose();
        Sql("PRAGMA user_version = 999");
        Assert.Contains("newer version", Refusal(), StringComparison.Ordinal);
        Sql($"PRAGMA user_version = {Schema.Version}");
        DataDirectory.Open(_path, "test").Dispose();
    }

    [Fact]
    public void A_database_of_something_else_is_refused()
    {
        DataDirectory.Open(_path, "test").Dispose();
        Sql("PRAGMA application_id = 1");
        Assert.Contains("not a database of RestReplicas", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_first_start_that_was_cut_short_begins_again()
    {
        Directory.CreateDirectory(Path.Combine(_path, "making"));
        Directory.CreateDirectory(Path.Combine(_path, "gen-1"));
        File.WriteAllText(Path.Combine(_path, "gen-1", "unfinished"), "");
        File.WriteAllText(Path.Combine(_path, "gen-1", "replica.db"), "half a");
        using var directory = DataDirectory.Open(_path, "test");
        Assert.Equal(Path.Combine(_path, "gen-1"), directory.Generation);
        Assert.False(File.Exists(Path.Combine(_path, "gen-1", "unfinished")));
    }

    [Fact]
    public void A_directory_may_have_any_name()
    {
        var path = Path.Combine(_path, OperatingSystem.IsWindows() ? "a b%20#c;é&" : "a b%20#c?d;é&'\\e");
        using (var directory = DataDirectory.Open(path, "test"))
        {
            Assert.True(File.Exists(Path.Combine(path, "gen-1", "replica.db")));
            using var store = ReplicaStore.Open(directory, new(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<ReplicaStore>.Instance);
            using var reader = Database.OpenReader(directory.Database);
            Assert.Equal(directory.Database, reader.DataSource);
        }

        Assert.Equal([path], Directory.GetDirectories(_path));
    }

    [Fact]
    public void A_path_that_cannot_be_a_directory_is_one_clear_sentence()
    {
        File.WriteAllText(_path, "a file");
        Assert.Contains(_path, Refusal(), StringComparison.Ordinal);
    }

    private string Refusal() => Assert.Throws<StartupException>(() => DataDirectory.Open(_path, "test")).Message;

    private void Sql(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_path, "gen-1", "replica.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Another process tries the same lock: 0 if it gets it, 1 if not.</summary>
    private int Flock()
    {
        using var process = Process.Start("flock", ["--nonblock", Path.Combine(_path, "lock"), "true"]);
        process.WaitForExit();
        return process.ExitCode;
    }
}
