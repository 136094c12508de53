namespace RestReplicas.Cluster.Tests;

public sealed class ComposeTests
{
    [Fact]
    public async Task Docker_compose_accepts_the_file()
    {
        var file = Path.Combine(Programs.Repository, "compose", "compose.yaml");
        await using var compose = new ChildProcess(Programs.Installed("docker-compose", "docker-compose"), ["-f", file, "config", "-q"]);
        Assert.True(await compose.WaitForExit(TimeSpan.FromSeconds(60)) == 0, string.Join('\n', compose.Output));
    }
}
