using System.Text.RegularExpressions;
using RestReplicas.Documents;
using Xunit;

namespace RestReplicas.Tests.Documents;

public class ProblemCoverageTests
{
    /// <summary><see cref="Answer.IsProblem"/> is asked of answers that came over HTTP, and looks at status, type and outcome.</summary>
    [Fact]
    public void Every_type_of_problem_that_there_is_is_provoked_by_a_test()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "RestReplicas.sln")))
        {
            root = root.Parent!;
        }

        var made = Matches("src/RestReplicas", """\bnew\(\s*(?:"(?<type>[a-z-]+)"|(?<constant>\w+Type)),\s*(?:StatusCodes\.Status)?(?<status>\d{3})""");
        var provoked = Matches("tests/RestReplicas.Tests", """IsProblem\((?<status>\d{3}), "(?<type>[a-z-]+)\b""");

        Assert.Contains("404 not-found", made);
        Assert.Contains("409 write-lost", made); // by a constant
        Assert.Contains("503 not-ready", made); // outside Problems
        Assert.Empty(made.Except(provoked));

        HashSet<string> Matches(string folder, string pattern) =>
        [
            .. Directory.EnumerateFiles(Path.Combine(root.FullName, folder), "*.cs", SearchOption.AllDirectories)
                .SelectMany(file => Regex.Matches(File.ReadAllText(file), pattern))
                .Select(match => $"{match.Groups["status"].Value} {(match.Groups["constant"] is { Success: true, Value: var name } ? typeof(Problems).GetField(name)!.GetValue(null) : match.Groups["type"].Value)}"),
        ];
    }
}
