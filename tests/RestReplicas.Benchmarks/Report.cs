using System.Globalization;

namespace RestReplicas.Benchmarks;

/// <summary>Figures against their targets, as they become known, and at the end as a table in a file.</summary>
/// <param name="name">Of the file.</param>
internal sealed class Report(string name)
{
    private readonly MarkdownTable _table = new(1, "what", "measured", "target", "in detail");
    private readonly string _machine = Machine.InWords;

    public void AtLeast(string what, double figure, double target, string detail = "") =>
        Add(what, figure, $"≥ {Text(target)}", figure >= target, detail);

    public void AtMost(string what, double figure, double target, string detail = "") =>
        Add(what, figure, $"≤ {Text(target)}", figure <= target, detail);

    public async Task Write(string folder, CancellationToken cancelled)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{name}.md");
        await File.WriteAllTextAsync(file, $"{_table}\n\n{_machine}\n", cancelled);
        Console.WriteLine($"\n{_table}\n\n{_machine}\n\nWritten to {file}.");
    }

    private void Add(string what, double figure, string target, bool reached, string detail)
    {
        _table.Add(what, Text(figure), $"{target} {(reached ? "reached" : "missed")}", detail);
        Console.WriteLine($"{what}: {Text(figure)} ({target}) {detail}");
    }

    private static string Text(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
