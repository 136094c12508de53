using System.Globalization;
using System.Text;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

// Databases come and go as whole generations, and one pointer says which of them counts: so none is ever half another.
public sealed partial class DataDirectory
{
    /// <summary>In a generation that no pointer has named yet: what a crash left half made, and nobody relied on.</summary>
    private const string Unfinished = "unfinished";

    /// <summary>In a generation whose state is not to be trusted; it says why, and goes with the generation.</summary>
    private const string DamagedMark = "damaged";

    private const string DatabaseName = "replica.db";

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
            throw new DamagedDiskException($"The data directory '{path}' is damaged: its file 'current' names no generation.");
        }

        if (!File.Exists(Path.Combine(path, name, DatabaseName)))
        {
            throw new DamagedDiskException($"The data directory '{path}' is damaged: '{name}/{DatabaseName}', which counts, is missing.");
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
                throw new DamagedDiskException(
                    $"The data directory '{path}' is damaged: it holds '{Path.GetFileName(generation)}', but no file 'current' that says whether it counts.");
            }
        }

        return MakeFirst(path, clusterName, replacement: false);
    }

    private static string MakeFirst(string path, string clusterName, bool replacement)
    {
        const string first = "gen-1";
        var made = Begin(path, first);
        Schema.Create(Path.Combine(made, DatabaseName), clusterName, replacement);
        Directories.Sync(made);
        Directories.Sync(Path.GetDirectoryName(path) ?? path);
        Point(path, first);
        return first;
    }

    /// <summary>A new generation without a database; in place of one of that name which never counted. The mark is there as soon as the name is.</summary>
    private static string Begin(string path, string name)
    {
        var (made, nameless) = (Path.Combine(path, name), Path.Combine(path, "making"));
        if (Directory.Exists(made))
        {
            Directory.Delete(made, recursive: true);
        }

        Directory.CreateDirectory(nameless);
        Directories.Replace(Path.Combine(nameless, Unfinished), []);
        Directory.Move(nameless, made);
        Directories.Sync(path);
        return made;
    }

    private static void Point(string path, string name) => Directories.Commit(PreparePointer(path, name), Path.Combine(path, "current"));

    private static string PreparePointer(string path, string name) =>
        Directories.Prepare(Path.Combine(path, "current"), Encoding.UTF8.GetBytes(name + "\n"));

    private static string Next(string generation) => $"gen-{long.Parse(generation.AsSpan(4), CultureInfo.InvariantCulture) + 1}";

    /// <summary>
    /// From here on the new generation counts; all of it is durable, and so is the pointer to it that takes the place of
    /// the old one. If that fails, nobody can say which one does: the process must end, and the next one will see. Neither
    /// generation has promised anything since that the other has not.
    /// </summary>
    private void Switch(string name, string pointer)
    {
        try
        {
            lock (_switching)
            {
                Directories.Commit(pointer, Path.Combine(Root, "current"));
                _generation = new(Root, name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvariantBrokenException($"the pointer in '{Root}' is durable before it counts: {e.Message}");
        }
    }

    /// <summary>Generations that do not count, any more or yet. One that cannot be removed now is at the next start.</summary>
    private void RemoveOthers()
    {
        try
        {
            File.Delete(Path.Combine(Generation, Unfinished));
            foreach (var other in Directory.EnumerateDirectories(Root, "gen-*").Append(Path.Combine(Root, "making")))
            {
                if (Path.GetFileName(other) != _generation.Name && Directory.Exists(other))
                {
                    Directory.Delete(other, recursive: true);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
