using System.Globalization;

namespace RestReplicas.Benchmarks.Comparing;

/// <summary>One line for each side of each row, and for each target where it is compared.</summary>
internal static class CompareTable
{
    public static string Of(IReadOnlyList<RowResult> results)
    {
        var table = new MarkdownTable(
            2,
            "load", "contestant", "per second", "p50 ms", "p99 ms", "CPU s per 10,000",
            "RestReplicas ÷ this, by round", "median", "target");
        foreach (var result in results)
        {
            for (var side = 0; side < result.Row.Sides.Count; side++)
            {
                Add(table, result, side);
            }
        }

        return table.ToString();
    }

    private static void Add(MarkdownTable table, RowResult result, int side)
    {
        var row = result.Row;
        string[] figures =
        [
            side == 0 ? row.Name : "",
            row.Sides[side].Name + (result.Fault(side) is { } fault ? $" (INVALID: {fault})" : ""),
            Text(result.Median(side, m => m.Throughput), "N0"),
            Text(result.Median(side, m => m.P50), "0.00"),
            Text(result.Median(side, m => m.P99), "0.00"),
            Text(result.Median(side, m => m.Cpu), "0.00"),
        ];
        var targets = row.Targets.Where(t => t.Against == side).ToList();
        if (targets.Count == 0)
        {
            table.Add([.. figures, "", "", ""]);
        }

        foreach (var target in targets)
        {
            var ratios = result.Ratios(target);
            var median = RowResult.Median(ratios);
            var valid = result.Fault(0) is null && result.Fault(side) is null;
            var word = !valid ? "invalid" : target.Reached(median) ? "reached" : "missed";
            table.Add([
                .. figures,
                $"{target.Figure}: {string.Join("  ", ratios.Select(r => Text(r, "0.00")))}",
                Text(median, "0.00"),
                $"{(target.AtMost ? "≤" : "≥")} {Text(target.Bound, "0.##")} {word}",
            ]);
            figures = ["", "", "", "", "", ""];
        }
    }

    private static string Text(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}
