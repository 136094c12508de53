using System.Globalization;
using System.Text;

namespace RestReplicas.Storage;

// What nobody can start from is set aside, and a new disk takes its place, which is marked as what it is (protocol.md §9).
public sealed partial class DataDirectory
{
    private const string AsidePrefix = "damaged-";

    /// <summary>Two can be compared, and disks are not endless.</summary>
    private const int KeptAside = 2;

    /// <summary>What was set aside since this process began, why, and where it is; null: nothing was.</summary>
    public string? SetAsideNote { get; private set; }

    /// <summary>
    /// Sets the database that counts aside, closed as it is, and makes a new disk in its place, marked as a replacement.
    /// Throws <see cref="StartupException"/> if that cannot be done.
    /// </summary>
    public void SetAside(string why)
    {
        try
        {
            lock (_switching)
            {
                (var name, SetAsideNote) = Replace(Root, _clusterName, why);
                _generation = new(Root, name);
            }

            Switched?.Invoke();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{why} It cannot be set aside: {e.Message}", e);
        }
    }

    private static DataDirectory OpenOrReplace(string path, string clusterName, FileStream held, long cacheBytes)
    {
        try
        {
            var directory = new DataDirectory(path, clusterName, held, ReadPointer(path) ?? Found(path, clusterName), cacheBytes);
            Schema.Check(directory.Database, clusterName);
            return directory;
        }
        catch (DamagedDiskException e)
        {
            var (generation, note) = Replace(path, clusterName, e.Message);
            return new(path, clusterName, held, generation, cacheBytes) { SetAsideNote = note };
        }
    }

    /// <summary>
    /// From the first step until the pointer names the new disk, every start finds damage, and goes on here: never an
    /// empty directory, which would count as a disk that has promised nothing.
    /// </summary>
    private static (string Generation, string Note) Replace(string path, string clusterName, string why)
    {
        var aside = MakeAside(path);
        File.WriteAllText(Path.Combine(aside, "why"), why + "\n");
        var pointer = Path.Combine(path, "current");
        if (File.Exists(pointer))
        {
            File.Copy(pointer, Path.Combine(aside, "current"));
        }

        Directories.Replace(pointer, Encoding.UTF8.GetBytes(AsidePrefix + "\n"));
        foreach (var generation in Directory.EnumerateDirectories(path, "gen-*").ToList())
        {
            Directory.Move(generation, Path.Combine(aside, Path.GetFileName(generation)));
        }

        Directories.Sync(aside);
        Directories.Sync(path);
        var made = MakeFirst(path, clusterName, replacement: true);
        foreach (var old in Aside(path).SkipLast(KeptAside))
        {
            Directory.Delete(old, recursive: true);
        }

        return (made, $"{why} What was there is in '{aside}'; this node goes on with a new disk in its place.");
    }

    /// <summary>Oldest first: their names say when.</summary>
    private static List<string> Aside(string path) =>
        [.. Directory.EnumerateDirectories(path, AsidePrefix + "*").Order(StringComparer.Ordinal)];

    private static string MakeAside(string path)
    {
        var name = Path.Combine(path, AsidePrefix + DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture));
        Directory.CreateDirectory(name);
        return name;
    }
}
