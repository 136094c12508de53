namespace RestReplicas.Cluster.Tests.Clients;

/// <summary>A program in another language, whose client is generated from the OpenAPI document.</summary>
[Collection(OutsideClients.Name)]
public sealed class TypedClientTests(ServedCluster cluster)
{
    private static readonly string Program =
        Path.Combine(Programs.Repository, "tests", "RestReplicas.Cluster.Tests", "Clients", "typescript");

    [Fact]
    public async Task A_TypeScript_program_compiles_strictly_against_the_document_and_works_through_a_follower()
    {
        var folder = Directory.CreateDirectory(Path.Combine(cluster.Folder, "typescript")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(folder, "node_modules"), NodeTool.Modules);
        foreach (var file in Directory.EnumerateFiles(Program))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        await Succeeds(NodeTool.Run("openapi-typescript", folder, await cluster.Description(), "--output", "restreplicas.ts"));
        await Succeeds(NodeTool.Run("tsc", folder));
        var (_, follower) = await cluster.Roles();
        var said = await Succeeds(NodeTool.Node(folder, "bookshop.mjs", follower.Url));
        Assert.Contains("The bookshop is in order.", said, StringComparison.Ordinal);
    }

    private static async Task<string> Succeeds(Task<(int Code, string Output)> tool)
    {
        var (code, output) = await tool;
        Assert.True(code == 0, output);
        return output;
    }
}
