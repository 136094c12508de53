using System.Globalization;
using System.Text.RegularExpressions;

namespace RestReplicas.Cluster.Tests.Clients;

/// <summary>The files in http/: what httpyac makes of them on a real cluster, and that other editors can run them too.</summary>
[Collection(OutsideClients.Name)]
public sealed partial class HttpFileTests(ServedCluster cluster)
{
    private static readonly string Http = Path.Combine(Programs.Repository, "http");

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Http, "*.http").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Every_request_is_answered_with_the_status_that_the_file_names(string name)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Http, name), Stop);
        File.Copy(Path.Combine(Http, "httpyac.config.js"), Path.Combine(cluster.Folder, "httpyac.config.js"), overwrite: true);
        await File.WriteAllTextAsync(Path.Combine(cluster.Folder, name), Address().Replace(text, Here), Stop);

        var (code, output) = await NodeTool.Run(
            "httpyac", cluster.Folder, "send", name, "--all", "--filter", "only-failed", "--output", "none", "--output-failed", "exchange");

        Assert.True(code == 0, output);
        var requests = RequestLine().Count(text);
        var summary = string.Create(CultureInfo.InvariantCulture, $"{requests} requests processed ({requests} succeeded)");
        Assert.Contains(summary, output, StringComparison.Ordinal);

        string Here(Match match) => cluster.Urls[match.Groups[1].Value[0] - '1'].OriginalString;
    }

    /// <summary>
    /// What Visual Studio, JetBrains, VS Code and httpyac all understand: comments, variables with a fixed value, a request
    /// line, headers, a body. Scripts, assertions and references to earlier answers are different in each of them.
    /// </summary>
    [Theory]
    [MemberData(nameof(Files))]
    public async Task Every_request_is_one_that_all_editors_understand(string name)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Http, name), Stop);
        var parts = text.Split("\n###");
        var variables = Variable().Matches(parts[0]).Select(v => $"{{{{{v.Groups[1].Value}}}}}").ToList();

        Assert.All(Reference().Matches(text), reference => Assert.Contains(reference.Value, variables));
        Assert.All(parts[1..], part =>
        {
            Assert.Matches(Portable(), part);
            Assert.DoesNotMatch(@"(?m)^(\?\?|> |< |\{\{@|@)", part);
        });
    }

    /// <summary>Title, comments with the status, request line, headers, body.</summary>
    [GeneratedRegex(
        @"\A[^\n]*\n(#[^\n]*\n)*# @expect \d{3}( \d{3})*\n(#[^\n]*\n)*"
        + @"[A-Z]+ \{\{[a-z]+\}\}/?[^\n ]*(\n[A-Za-z-]+: [^\n]+)*(\n\n[\s\S]*)?\s*\z")]
    private static partial Regex Portable();

    [GeneratedRegex(@"http://127\.0\.0\.1:808([123])")]
    private static partial Regex Address();

    [GeneratedRegex(@"^[A-Z]+ \{\{", RegexOptions.Multiline)]
    private static partial Regex RequestLine();

    [GeneratedRegex(@"^@([a-z]+) = ", RegexOptions.Multiline)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\{\{.*?\}\}")]
    private static partial Regex Reference();
}
