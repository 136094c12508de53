using System.Globalization;

namespace RestReplicas.Benchmarks.Lists;

/// <summary>A list to ask for. Documents have <c>group</c> (100 to a group), <c>total</c> (each another) and the same again without an index.</summary>
/// <param name="Word">How the table calls it.</param>
/// <param name="Ask">The query string, for the number of documents and something to choose by.</param>
internal sealed record Question(string Word, Func<int, int, string> Ask)
{
    private const int GroupSize = 100;

    public static readonly IReadOnlyList<Question> All =
    [
        new("100 that equal, by index", (n, i) => Format($"group=g{i % (n / GroupSize)}&limit=100")),
        new("first 100 sorted, by index", (_, _) => "sort=-total&limit=100"),
        new("100 from somewhere sorted, by index", (n, i) => Format($"total[gte]={i * 7919 % n}&sort=total&limit=100")),
        new("100 that equal, sorted, by index", (n, i) => Format($"group=g{i % (n / GroupSize)}&sort=-total&limit=100")),
        new("100 that equal, without", (n, i) => Format($"plainGroup=g{i % (n / GroupSize)}&limit=100")),
        new("first 100 sorted, without", (_, _) => "sort=-plainTotal&limit=100"),
    ];

    public static string Document(int number, int documents)
    {
        var (group, total) = (number % (documents / GroupSize), (long)number * 7919 % documents);
        return Format($$"""{"group":"g{{group}}","total":{{total}},"plainGroup":"g{{group}}","plainTotal":{{total}},"note":"{{new string('x', 100)}}"}""");
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
