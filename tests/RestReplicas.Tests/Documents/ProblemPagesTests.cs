using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using RestReplicas.Documents;
using RestReplicas.Tests.Cluster;
using Xunit;

namespace RestReplicas.Tests.Documents;

public sealed class ProblemPagesTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restreplicas-");

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>A write that met a bug may have happened, and nobody is shown a stack trace, not even in development.</summary>
    [Fact]
    public async Task A_bug_is_a_problem_that_says_nothing_of_the_inside()
    {
        var url = $"http://127.0.0.1:{Ports.Free()}";
        var peers = $"http://127.0.0.1:{Ports.Free()}";
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            EnvironmentName = "Development",
            Args =
            [
                "--Node:Name=n1", $"--Node:PublicUrl={url}", $"--Node:PeerUrl={peers}", $"--Cluster:Voters:n1={peers}",
                $"--Node:DataDirectory={_directory.FullName}",
            ],
        });
        builder.Logging.ClearProviders();
        builder.AddSettings();
        RestReplicas.Cluster.NodeRegistration.AddNode(builder);
        builder.AddDocuments();
        await using var app = builder.Build();
        app.UseReplicaHeaders();
        app.UseProblems();
        app.Run(_ => throw new InvalidOperationException("the secret inside"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = new(url) };

        foreach (var (method, outcome) in new[] { (HttpMethod.Put, "unknown"), (HttpMethod.Get, "none") })
        {
            using var request = new HttpRequestMessage(method, "/v1/books/x");
            using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
            var answer = new Answer(response, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

            answer.IsProblem(500, "internal-error", outcome);
            Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
            Assert.Equal("n1", answer["Replica-Node"]);
        }

        await app.StopAsync(TestContext.Current.CancellationToken);
    }
}
