using System.Globalization;
using System.Text.RegularExpressions;

namespace RestReplicas.Benchmarks.Profiling;

/// <summary>
/// Reads what <c>perf script -F comm,pid,ip,sym,dso</c> prints: a line with thread and process, the frames, an empty line.
/// </summary>
internal static partial class PerfScript
{
    public static IEnumerable<Sample> Read(IEnumerable<string> lines)
    {
        (int Process, string Thread)? head = null;
        var frames = new List<Frame>();
        foreach (var line in lines.Append(""))
        {
            if (line.Length == 0)
            {
                if (head is var (process, thread))
                {
                    yield return new(process, thread, [.. frames]);
                }

                (head, frames) = (null, []);
            }
            else if (head is null)
            {
                var parts = HeadLine().Match(line);
                head = (int.Parse(parts.Groups[2].Value, CultureInfo.InvariantCulture), parts.Groups[1].Value.Trim());
            }
            else
            {
                frames.Add(Read(line.Trim()));
            }
        }
    }

    /// <summary>"7f3f10 valuetype [RestReplicas] RestReplicas.Storage.Log::Append(int32)[OptimizedTier1] (/tmp/perf-1.map)"</summary>
    private static Frame Read(string line)
    {
        var (name, image) = (line.IndexOf(' ', StringComparison.Ordinal) + 1, line.LastIndexOf(" (", StringComparison.Ordinal));
        var function = image > name ? line[name..image] : "[unknown]";
        return new(Names.Short(function), line[(image + 2)..^1]);
    }

    [GeneratedRegex(@"^(.*?)\s+(\d+)\b")]
    private static partial Regex HeadLine();
}
