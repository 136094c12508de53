using System.Globalization;
using System.Text;

namespace RestReplicas.Storage;

/// <summary>
/// A node's directory, held exclusively for the life of the process (protocol.md §2). In it: <c>lock</c>; <c>gen-N/</c>,
/// each with a database of its own; <c>current</c>, which names the generation that counts; and <c>rolled-back/</c>.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    /// <summary>In a generation that no pointer has named yet: what a crash left half made, and nobody relied on.</summary>
    private const string Unfinished = "unfinished";

    /// <summary>In a generation whose state is not to be trusted; it says why, and goes with the generation.</summary>
    private const string DamagedMark = "damaged";

    private const string DatabaseName = "replica.db";

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held, string generation)
    {
        _lock = held;
        Root = path;
        Generation = Path.Combine(path, generation);
        RolledBack = Path.Combine(path, "rolled-back");
    }

    public string Root { get; }

    /// <summary>The directory of the database that counts.</summary>
    public string Generation { get; }

    /// <summary>Where commands go that were removed from the log.</summary>
    public string RolledBack { get; }

    /// <summary>Why the state of this generation is not to be trusted; null: nobody has said so.</summary>
    public string? Damage => File.Exists(Path.Combine(Generation, DamagedMark)) ? File.ReadAllText(Path.Combine(Generation, DamagedMark)) : null;

    public string Database => Path.Combine(Generation, DatabaseName);

    /// <summary>
    /// Opens the directory, or makes a new one, with a new disk in it. Throws <see cref="StartupException"/> if another
    /// process holds it, or if what it contains is damaged, from another cluster, or from a newer version.
    /// </summary>
    public static DataDirectory Open(string path, string clusterName)
    {
        path = Path.GetFullPath(path);
        FileStream? held = null;
        try
        {
            Directory.CreateDirectory(path);
            held = Hold(path);
            var generation = ReadPointer(path) ?? Found(path, clusterName);
            var directory = new DataDirectory(path, held, generation);
            if (!Directory.Exists(directory.RolledBack))
            {
                Directory.CreateDirectory(directory.RolledBack);
                Directories.Sync(path);
            }

            File.Delete(Path.Combine(directory.Generation, Unfinished));
            Schema.Check(directory.Database, clusterName);
            return directory;
        }
        catch (Exception e)
        {
            held?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
            {
                throw new StartupException($"The data directory '{path}' cannot be used: {e.Message}", e);
            }

            throw;
        }
    }

    /// <summary>Durable when this returns.</summary>
    public void MarkDamaged(string why) => Directories.Replace(Path.Combine(Generation, DamagedMark), Encoding.UTF8.GetBytes(why));

    public void Dispose() => _lock.Dispose();

    private static FileStream Hold(string path)
    {
        var file = Path.Combine(path, "lock");
        try
        {
            // FileShare.None is an exclusive flock on Unix; the kernel drops it with the process, however that ends.
            return new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(file))
        {
            throw new StartupException($"The data directory '{path}' is in use by another process.", e);
        }
    }

    private static string? ReadPointer(string path)
    {
        var pointer = Path.Combine(path, "current");
        if (!File.Exists(pointer))
        {
            return null;
        }

        // "gen-12", and nothing that would lead out of the directory.
        var name = File.ReadAllText(pointer).TrimEnd('\n');
        if (!name.StartsWith("gen-", StringComparison.Ordinal)
            || !long.TryParse(name.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new StartupException($"The data directory '{path}' is damaged: its file 'current' names no generation.");
        }

        if (!File.Exists(Path.Combine(path, name, DatabaseName)))
        {
            throw new StartupException($"The data directory '{path}' is damaged: '{name}/{DatabaseName}', which counts, is missing.");
        }

        return name;
    }

    /// <summary>Makes the first generation, and points to it once all of it is durable.</summary>
    private static string Found(string path, string clusterName)
    {
        foreach (var generation in Directory.EnumerateDirectories(path, "gen-*"))
        {
            if (!File.Exists(Path.Combine(generation, Unfinished)))
            {
                throw new StartupException(
                    $"The data directory '{path}' is damaged: it holds '{Path.GetFileName(generation)}', but no file 'current' that says whether it counts.");
            }

            Directory.Delete(generation, recursive: true);
        }

        // The mark is there as soon as the name is.
        const string first = "gen-1";
        var (made, nameless) = (Path.Combine(path, first), Path.Combine(path, "making"));
        Directory.CreateDirectory(nameless);
        Directories.Replace(Path.Combine(nameless, Unfinished), []);
        Directory.Move(nameless, made);
        Directories.Sync(path);
        Schema.Create(Path.Combine(made, DatabaseName), clusterName);
        Directories.Sync(made);
        Directories.Sync(Path.GetDirectoryName(path) ?? path);
        Directories.Replace(Path.Combine(path, "current"), Encoding.UTF8.GetBytes(first + "\n"));
        return first;
    }
}
