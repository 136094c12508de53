using System.Globalization;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>The kernel's table of processes.</summary>
internal static class ProcessTable
{
    /// <summary>Children, their children, and so on.</summary>
    public static IReadOnlyList<int> Descendants(int process)
    {
        var table = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
            .Select(id => (Id: id, Stat: Stat(id)))
            .Where(p => p.Stat is not null)
            .ToLookup(p => p.Stat!.Value.Parent, p => p.Id);
        var found = new List<int>(table[process]);
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(table[found[i]]);
        }

        return found;
    }

    /// <summary>A zombie does not run: it only waits for somebody to ask how it ended.</summary>
    public static bool Runs(int process) => Stat(process) is { State: not 'Z' };

    private static (char State, int Parent)? Stat(int process)
    {
        try
        {
            // "123 (a name, with anything in it) S 1 …"
            var text = File.ReadAllText($"/proc/{process}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
