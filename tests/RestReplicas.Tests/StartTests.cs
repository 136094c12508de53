using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RestReplicas.Tests.Cluster;
using Xunit;

namespace RestReplicas.Tests;

/// <summary>What an operator sees of a node that cannot start: sentences, exit code 1, no stack trace.</summary>
public sealed class StartTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restreplicas-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_node_without_settings_says_all_that_it_needs()
    {
        var (code, errors) = await Run();

        Assert.Equal(1, code);
        Assert.Equal(
            ["Node:Name", "Node:PublicUrl", "Node:PeerUrl", "Node:DataDirectory", "Cluster:Voters"], errors.Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public async Task Arguments_that_nobody_reads_are_named_together_with_all_other_faults()
    {
        string[] mistakes = ["--bogus", "x", "secret", "--Changes:Readers=none", "--quiet=1", "--Cluster:Secret"];
        var (code, errors) = await Run([.. Valid($"http://127.0.0.1:{Ports.Free()}"), .. mistakes]);

        Assert.Equal(1, code);
        Assert.Equal(
            ["--bogus", "Argument", "--quiet", "--Cluster:Secret", "Changes:Readers"], errors.Select(line => line.Split(' ')[0]));
        Assert.DoesNotContain(errors, line => line.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_taken_port_is_one_sentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var (code, errors) = await Run(Valid($"http://127.0.0.1:{port}"));

        Assert.Equal(1, code);
        var line = Assert.Single(errors);
        Assert.Contains($"127.0.0.1:{port}", line, StringComparison.Ordinal);
        Assert.Contains("Node:PublicListen", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_one_sentence()
    {
        var (code, errors) = await Run(Valid("http://192.0.2.1:8081"));

        Assert.Equal(1, code);
        Assert.Contains("Node:PublicUrl", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_used_is_one_sentence()
    {
        var file = Path.Combine(_directory.FullName, "a-file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);

        var (code, errors) = await Run([.. Valid($"http://127.0.0.1:{Ports.Free()}"), $"--Node:DataDirectory={Path.Combine(file, "n1")}"]);

        Assert.Equal(1, code);
        Assert.Contains(file, Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_another_process_holds_is_one_sentence()
    {
        var settings = Valid($"http://127.0.0.1:{Ports.Free()}");
        await using var holder = await Documents.WebNode.Start("n1", _directory.FullName, TestNode.Voters(1));

        var (code, errors) = await Run(settings);

        Assert.Equal(1, code);
        Assert.Contains(Path.Combine(_directory.FullName, "n1"), Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_of_another_cluster_is_one_sentence()
    {
        await using (await Documents.WebNode.Start("n1", _directory.FullName, TestNode.Voters(1), ("Cluster:Name", "first")))
        {
        }

        var (code, errors) = await Run([.. Valid($"http://127.0.0.1:{Ports.Free()}"), "--Cluster:Name=second"]);

        Assert.Equal(1, code);
        Assert.Contains("first", Assert.Single(errors), StringComparison.Ordinal);
    }

    private string[] Valid(string publicUrl)
    {
        var peers = $"http://127.0.0.1:{Ports.Free()}";
        return
        [
            "--Node:Name=n1", $"--Node:PublicUrl={publicUrl}", $"--Node:PeerUrl={peers}", $"--Cluster:Voters:n1={peers}",
            $"--Node:DataDirectory={Path.Combine(_directory.FullName, "n1")}", "--Logging:LogLevel:Default=None",
        ];
    }

    private static async Task<(int Code, string[] Errors)> Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "RestReplicas.dll"), .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            patience.CancelAfter(TimeSpan.FromSeconds(60));
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            Assert.Equal("", await output);
            return (process.ExitCode, (await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            process.Kill();
        }
    }
}
