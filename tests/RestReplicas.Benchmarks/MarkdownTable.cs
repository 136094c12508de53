namespace RestReplicas.Benchmarks;

/// <summary>Markdown that is also legible on a terminal.</summary>
/// <param name="words">How many columns, from the left, are words; the others are numbers.</param>
internal sealed class MarkdownTable(int words, params string[] heads)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        var all = _rows.Prepend(heads).ToList();
        var widths = heads.Select((_, column) => all.Max(row => row[column].Length)).ToList();
        string Padded(string cell, int column) => column < words ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]);
        var lines = all.Select(row => Line(row.Select(Padded))).ToList();
        lines.Insert(1, Line(widths.Select((width, i) => i < words ? new string('-', width) : new string('-', width - 1) + ":")));
        return string.Join('\n', lines);
    }

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";
}
