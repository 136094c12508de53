using System.Globalization;
using System.Text;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Enduring;

/// <summary>Memory and disk of every node over the minutes, as SVG that follows the reader's light or dark.</summary>
internal static class EnduranceChart
{
    private const int Width = 800;
    private const int Left = 60;
    private const int PanelHeight = 160;
    private const int PanelStep = 220;

    public static string Of(IReadOnlyList<EnduranceSample> samples)
    {
        var body = new StringBuilder();
        Panel(body, 40, "memory of each node, MB", samples.Select(s => s.Memory).ToList());
        Panel(body, 40 + PanelStep, "disk of each node, MB", samples.Select(s => s.Disk).ToList());
        return $$"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{Width}} {{2 * PanelStep}}" width="{{Width}}" height="{{2 * PanelStep}}" role="img"
                 font-family="system-ui, sans-serif" font-size="13">
              <title>Memory and disk of each node under writes at full speed</title>
              <style>
                text { fill: #1f2328 } .axis { stroke: #8c959f } polyline { fill: none; stroke-width: 2 }
                .n1 { stroke: #0969da } .n2 { stroke: #d4a72c } .n3 { stroke: #8c959f }
                @media (prefers-color-scheme: dark) { text { fill: #f0f6fc } .n1 { stroke: #4493f8 } }
              </style>
            {{body}}</svg>

            """;
    }

    private static void Panel(StringBuilder svg, int top, string name, List<IReadOnlyList<double>> samples)
    {
        var most = Math.Max(1, samples.Max(s => s.Max()));
        var bottom = top + PanelHeight;
        Line(svg, $"""<text x="{Left}" y="{top - 10}">{name}</text>""");
        Line(svg, $"""<text x="{Left - 8}" y="{top + 5}" text-anchor="end">{most:0}</text>""");
        Line(svg, $"""<text x="{Left - 8}" y="{bottom + 5}" text-anchor="end">0</text>""");
        Line(svg, $"""<text x="{Width - 10}" y="{bottom + 20}" text-anchor="end">minute {samples.Count}</text>""");
        Line(svg, $"""<path class="axis" fill="none" d="M{Left} {top}V{bottom}H{Width - 10}"/>""");
        for (var member = 0; member < Ground.Members; member++)
        {
            var points = samples.Select((s, minute) =>
                FormattableString.Invariant($"{X(minute, samples.Count):0.#},{bottom - (s[member] / most * PanelHeight):0.#}"));
            Line(svg, $"""<polyline class="n{member + 1}" points="{string.Join(' ', points)}"/>""");
        }
    }

    /// <summary>A minute's figures are those of its end.</summary>
    private static double X(int minute, int minutes) => Left + ((minute + 1.0) / minutes * (Width - 10 - Left));

    private static void Line(StringBuilder svg, FormattableString line) => svg.Append("  ").AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
