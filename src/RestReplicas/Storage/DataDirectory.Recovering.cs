using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

// One disk becomes a cluster of its own, as a generation like any other: nothing has happened until the pointer moves.
public sealed partial class DataDirectory
{
    /// <param name="from">A backup, for a directory that holds nothing yet; null: what is in the directory.</param>
    /// <param name="approve">Shown the voters in force; what it throws ends the recovery.</param>
    internal static Recovered Recover(
        string path, string? from, string clusterName, NodeName name, Action<IReadOnlyList<Voter>> approve, bool force)
    {
        path = Path.GetFullPath(path);
        try
        {
            if (from is null ? !Directory.Exists(path) : !File.Exists(from))
            {
                throw new StartupException($"There is no '{from ?? path}'.");
            }

            Directory.CreateDirectory(path);
            using var held = Hold(path);
            var source = from ?? Path.Combine(path, Current(path), DatabaseName);
            if (from is not null && (File.Exists(Path.Combine(path, "current")) || Directory.EnumerateDirectories(path, "gen-*").Any()))
            {
                throw new StartupException($"'{path}' is in use already: a backup is recovered into an empty directory. Nothing was changed.");
            }

            if (from is null && !force && File.Exists(Path.Combine(path, Current(path), DamagedMark)))
            {
                throw new StartupException(
                    $"The state in '{path}' is damaged: {File.ReadAllText(Path.Combine(path, Current(path), DamagedMark))} Recover another node's, or a backup. Nothing was changed. (--force takes it as it is.)");
            }

            var generation = from is null ? Next(Current(path)) : "gen-1";
            return Recover(path, generation, database => Recovering.Found(source, database, clusterName, name, approve, force));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SqliteException or InvalidDataException)
        {
            throw new StartupException($"'{from ?? path}' cannot be recovered: {e.Message} Nothing was changed.", e);
        }
    }

    private static Recovered Recover(string path, string generation, Func<string, Recovered> fill)
    {
        var made = Begin(path, generation);
        Recovered recovered;
        try
        {
            recovered = fill(Path.Combine(made, DatabaseName));
            Directories.Sync(made);
            Directories.Sync(path);
            Directories.Sync(Path.GetDirectoryName(path) ?? path);
        }
        catch
        {
            Abandon(made);
            throw;
        }

        Point(path, generation);
        return recovered;
    }

    private static string Current(string path) =>
        ReadPointer(path) ?? throw new StartupException($"'{path}' holds no data: --from FILE recovers a backup into it.");
}
