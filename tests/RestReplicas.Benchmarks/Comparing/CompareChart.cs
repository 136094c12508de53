using System.Globalization;
using System.Net;
using System.Text;

namespace RestReplicas.Benchmarks.Comparing;

/// <summary>The throughputs as bars, row by row to the scale of its longest; as SVG that follows the reader's light or dark.</summary>
internal static class CompareChart
{
    private const int Width = 800;
    private const int BarsFrom = 220;
    private const int LongestBar = 450;
    private const int BarHeight = 18;
    private const int BarStep = 22;
    private const int HeadHeight = 24;
    private const int Gap = 14;

    public static string Of(IReadOnlyList<RowResult> results)
    {
        var bars = new StringBuilder();
        var y = 36;
        foreach (var result in results)
        {
            Text(bars, 10, y + 14, "head", result.Row.Name);
            y += HeadHeight;
            var longest = Enumerable.Range(0, result.Row.Sides.Count).Max(s => result.Median(s, m => m.Throughput));
            for (var side = 0; side < result.Row.Sides.Count; side++)
            {
                var throughput = result.Median(side, m => m.Throughput);
                var width = longest > 0 ? throughput / longest * LongestBar : 0;
                var store = result.Row.Sides[side].Store;
                Text(bars, BarsFrom - 8, y + 13, "name", result.Row.Sides[side].Name);
                bars.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"""  <rect class="{store}" x="{BarsFrom}" y="{y}" width="{width:0.#}" height="{BarHeight}" rx="2"/>""");
                var invalid = result.Fault(side) is null ? "" : " (invalid)";
                var figure = string.Create(CultureInfo.InvariantCulture, $"{throughput:N0}{invalid}");
                Text(bars, BarsFrom + (int)width + 8, y + 13, "figure", figure);
                y += BarStep;
            }

            y += Gap;
        }

        return $$"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{Width}} {{y}}" width="{{Width}}" height="{{y}}" role="img"
                 font-family="system-ui, sans-serif" font-size="13">
              <title>Operations in a second, RestReplicas beside its peers on one machine</title>
              <style>
                text { fill: #1f2328 } .head { font-weight: 600 } .name { text-anchor: end } .figure, .unit { fill: #59636e }
                .Ours { fill: #0969da } .Etcd { fill: #8c959f } .Bare { fill: #d4a72c }
                @media (prefers-color-scheme: dark) {
                  text { fill: #f0f6fc } .figure, .unit { fill: #9198a1 }
                  .Ours { fill: #4493f8 } .Etcd { fill: #656c76 } .Bare { fill: #9e6a03 }
                }
              </style>
              <text class="unit" x="10" y="20">operations in a second; longer is better; each group to its own scale</text>
            {{bars}}</svg>

            """;
    }

    private static void Text(StringBuilder svg, int x, int y, string kind, string text) =>
        svg.AppendLine(CultureInfo.InvariantCulture, $"""  <text class="{kind}" x="{x}" y="{y}">{WebUtility.HtmlEncode(text)}</text>""");
}
