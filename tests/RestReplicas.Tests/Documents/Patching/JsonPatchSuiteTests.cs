using System.Text.Json;
using RestReplicas.Documents;
using RestReplicas.Documents.Patching;
using Xunit;

namespace RestReplicas.Tests.Documents.Patching;

/// <summary>
/// The JSON Patch community's cases (github.com/json-patch/json-patch-tests), where they lie beside the clone. They are no part
/// of this project.
/// </summary>
public class JsonPatchSuiteTests
{
    private const string BesideTheClone = "../shared/data/json-patch-tests";

    [Theory]
    [InlineData("tests.json", 92)]
    [InlineData("spec_tests.json", 16)]
    public void Every_enabled_case_of_the_community_comes_out_as_it_says(string file, int least)
    {
        var path = Path.Combine(Root().FullName, BesideTheClone, file);
        Assert.SkipUnless(File.Exists(path), $"{BesideTheClone} is not there.");

        var wrong = new List<string>();
        var seen = 0;
        using var cases = JsonDocument.Parse(File.ReadAllBytes(path));
        foreach (var one in cases.RootElement.EnumerateArray().Where(c => c.TryGetProperty("doc", out _) && !c.TryGetProperty("disabled", out _)))
        {
            seen++;
            var expected = one.TryGetProperty("expected", out var value) ? value.GetRawText() : null;
            if (!IsRight(one.GetProperty("doc").GetRawText(), one.GetProperty("patch").GetRawText(), expected, one.TryGetProperty("error", out _)))
            {
                wrong.Add(one.GetRawText());
            }
        }

        Assert.Empty(wrong);
        Assert.InRange(seen, least, int.MaxValue);
    }

    private static bool IsRight(string document, string patch, string? expected, bool fails)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(patch);
        if (DocumentCheck.FindFault(bytes, 64, anyRoot: true) is not null || Patched.SyntaxFault(patch) is not null)
        {
            return fails;
        }

        var (result, fault) = Patched.Apply(document, patch);
        return fails ? fault is not null
            : result is not null && (expected is null || JsonEquality.AreEqual(Patched.Value(result), Patched.Value(expected)));
    }

    private static DirectoryInfo Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "RestReplicas.sln")))
        {
            directory = directory.Parent!;
        }

        return directory;
    }
}
