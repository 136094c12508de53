namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>The programs of tests/package.json, which tests/run installs.</summary>
internal static class NodeTool
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>They talk to the service, and to nobody else.</summary>
    private static readonly Dictionary<string, string?> Quiet = new()
    {
        ["CI"] = "true",
        ["NO_COLOR"] = "1",
        ["REDOCLY_TELEMETRY"] = "off",
        ["REDOCLY_SUPPRESS_UPDATE_NOTICE"] = "true",
    };

    public static string Modules { get; } = Path.Combine(Programs.Repository, "tests", "node_modules");

    /// <param name="name">As npm links it.</param>
    /// <param name="folder">Where it works.</param>
    public static Task<(int Code, string Output)> Run(string name, string folder, params string[] arguments)
    {
        var program = Path.Combine(Modules, ".bin", name);
        Assert.True(File.Exists(program), $"{name} is not installed; tests/run installs it, or: (cd tests && npm ci)");
        return Node(folder, [program, .. arguments]);
    }

    public static async Task<(int Code, string Output)> Node(string folder, params string[] arguments)
    {
        string[] command = ["--chdir", folder, Programs.Installed("node", "nodejs"), .. arguments];
        await using var node = new ChildProcess("/usr/bin/env", command, Quiet);
        var code = await node.WaitForExit(Limit);
        return (code, string.Join('\n', node.Output));
    }
}
