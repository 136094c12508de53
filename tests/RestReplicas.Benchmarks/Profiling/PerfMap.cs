using System.Globalization;

namespace RestReplicas.Benchmarks.Profiling;

/// <summary>Where the JIT has put which function: lines of start, length (both hexadecimal) and name.</summary>
internal sealed class PerfMap
{
    private readonly List<(long From, long To, string Name)> _all;

    public PerfMap(int process)
    {
        _all = [.. File.ReadLines(FileOf(process))
            .Select(l => l.Split(' ', 3))
            .Where(p => p.Length == 3)
            .Select(p => (From: Hexadecimal(p[0]), Size: Hexadecimal(p[1]), Name: p[2]))
            .Select(p => (p.From, p.From + p.Size, p.Name))
            .OrderBy(p => p.From)];
    }

    public static string FileOf(int process) => string.Create(CultureInfo.InvariantCulture, $"/tmp/perf-{process}.map");

    /// <returns>Null: not compiled by the JIT.</returns>
    public string? Function(long address)
    {
        var (low, high) = (0, _all.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _all[middle].From <= address ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && address < _all[low - 1].To ? Names.Short(_all[low - 1].Name) : null;
    }

    private static long Hexadecimal(string text) =>
        Convert.ToInt64(text, fromBase: 16);
}
