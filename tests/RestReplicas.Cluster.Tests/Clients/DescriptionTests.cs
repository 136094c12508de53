namespace RestReplicas.Cluster.Tests.Clients;

/// <summary>The OpenAPI document, as the linters see it that API teams use.</summary>
[Collection(OutsideClients.Name)]
public sealed class DescriptionTests(ServedCluster cluster)
{
    private static readonly string Rules = Path.Combine(Programs.Repository, "tests", "RestReplicas.Cluster.Tests", "Clients");

    [Fact]
    public async Task Redocly_finds_no_error_and_no_warning_in_it()
    {
        var (code, output) = await NodeTool.Run(
            "redocly", cluster.Folder, "lint", await cluster.Description(), "--config", Path.Combine(Rules, "redocly.yaml"));

        Assert.True(code == 0, output);
        Assert.Contains("Your API description is valid", output, StringComparison.Ordinal);
        Assert.False(output.Contains("Warning was generated", StringComparison.Ordinal), output);
    }

    [Fact]
    public async Task Spectral_finds_nothing_in_it_not_even_a_hint()
    {
        var (code, output) = await NodeTool.Run(
            "spectral", cluster.Folder, "lint", await cluster.Description(),
            "--ruleset", Path.Combine(Rules, "spectral.yaml"), "--fail-severity", "hint");

        Assert.True(code == 0, output);
        Assert.Contains("No results", output, StringComparison.Ordinal);
    }
}
