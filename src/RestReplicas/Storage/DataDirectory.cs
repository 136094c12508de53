using System.Text;

namespace RestReplicas.Storage;

/// <summary>
/// A node's directory, held exclusively for the life of the process (protocol.md §2). In it: <c>lock</c>; <c>gen-N/</c>,
/// each with a database of its own; <c>current</c>, which names the generation that counts; <c>rolled-back/</c>;
/// <c>snapshots/</c>, made here for others; and <c>incoming/</c>, fetched from others.
/// </summary>
public sealed partial class DataDirectory : IDisposable
{
    private readonly string _clusterName;
    private readonly FileStream _lock;
    private readonly Lock _switching = new();
    private volatile Generated _generation;

    private DataDirectory(string path, string clusterName, FileStream held, string generation, long cacheBytes)
    {
        Cache = new(cacheBytes);
        (Root, _clusterName, _lock, _generation) = (path, clusterName, held, new(path, generation));
        RolledBack = Path.Combine(path, "rolled-back");
        Snapshots = Path.Combine(path, "snapshots");
        Incoming = Path.Combine(path, "incoming");
        FreeBytes = () => new DriveInfo(path).AvailableFreeSpace;
    }

    public string Root { get; }

    /// <summary>The directory of the database that counts. Another one, once a snapshot was installed or the database rebuilt.</summary>
    public string Generation => _generation.Path;

    public string Database => _generation.Database;

    /// <summary>Where commands go that were removed from the log.</summary>
    public string RolledBack { get; }

    /// <summary>Why the state of this generation is not to be trusted; null: nobody has said so.</summary>
    public string? Damage => File.Exists(Path.Combine(Generation, DamagedMark)) ? File.ReadAllText(Path.Combine(Generation, DamagedMark)) : null;

    /// <summary>Where snapshots are made for others. Emptied at every start.</summary>
    public string Snapshots { get; }

    /// <summary>Where a snapshot is fetched to; what came of it before a restart is still of use.</summary>
    public string Incoming { get; }

    /// <summary>What is read most, in memory.</summary>
    internal DocumentCache Cache { get; }

    /// <summary>How much room there is on this disk. Tests make it small.</summary>
    internal Func<long> FreeBytes { get; set; }

    /// <summary>
    /// Opens the directory, or makes a new one, with a new disk in it; what is damaged is set aside for another disk
    /// (<see cref="SetAsideNote"/>). Throws <see cref="StartupException"/> if another process holds it, or if what it
    /// contains is from another cluster, or from a newer version.
    /// </summary>
    /// <param name="cacheBytes">Of documents in memory (<see cref="StorageOptions.CacheBytes"/>).</param>
    public static DataDirectory Open(string path, string clusterName, long cacheBytes = 0)
    {
        path = Path.GetFullPath(path);
        FileStream? held = null;
        try
        {
            Directory.CreateDirectory(path);
            held = Hold(path);
            var directory = OpenOrReplace(path, clusterName, held, cacheBytes);
            foreach (var part in (string[])[directory.RolledBack, directory.Snapshots, directory.Incoming])
            {
                Directory.CreateDirectory(part);
            }

            Directories.Sync(path);
            foreach (var file in Directory.EnumerateFiles(directory.Snapshots))
            {
                File.Delete(file);
            }

            directory.RemoveOthers();
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

    /// <summary>
    /// Opens something on the database that counts, while no switch makes another one count: what is open when that
    /// happens reads on where it is.
    /// </summary>
    internal T OpenOn<T>(Func<string, T> open)
    {
        lock (_switching)
        {
            return open(Database);
        }
    }

    /// <summary>Its paths, put together once: every read asks which database counts.</summary>
    private sealed class Generated(string root, string name)
    {
        public string Name => name;

        public string Path { get; } = System.IO.Path.Combine(root, name);

        public string Database { get; } = System.IO.Path.Combine(root, name, DatabaseName);
    }

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
}
