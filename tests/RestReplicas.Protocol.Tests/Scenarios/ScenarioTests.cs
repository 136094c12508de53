using System.Runtime.CompilerServices;

namespace RestReplicas.Protocol.Tests.Scenarios;

/// <summary>
/// Every *.txt beside this file is a story: commands, and under <c>----</c> exactly what the replicas do about them.
/// <c>REWRITE_SCENARIOS=1</c> writes down what they do now; read the difference before you commit it.
/// </summary>
public sealed class ScenarioTests
{
    private static readonly bool Rewrite = Environment.GetEnvironmentVariable("REWRITE_SCENARIOS") is { Length: > 0 };

    public static TheoryData<string> Stories =>
        [.. Directory.GetFiles(Folder(), "*.txt").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Stories))]
    public void A_story_is_told_the_same_way_every_time(string story)
    {
        var file = Path.Combine(Folder(), story + ".txt");
        var expected = File.ReadAllText(file);
        var actual = Script.Play(expected);
        if (Rewrite)
        {
            File.WriteAllText(file, actual);
        }
        else if (actual != expected)
        {
            Assert.Fail($"{story} goes otherwise (- expected, + actual):\n{Script.Difference(expected, actual)}");
        }
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
