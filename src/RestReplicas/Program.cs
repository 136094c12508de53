using RestReplicas.Cluster;
using RestReplicas.Describing;
using RestReplicas.Documents;
using RestReplicas.Peers;
using RestReplicas.Recovery;
using RestReplicas.Rehearsing;

namespace RestReplicas;

/// <summary>One replica: what it is made of, and in which order a request meets it.</summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        try
        {
            if (args is ["recover", .. var asked])
            {
                await RecoverCommand.Run(asked);
                return 0;
            }

            await using var app = Build(args);
            Rehearsal.Follows(app); // beside its work, once it runs
            await app.RunAsync();
            return Environment.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return 0; // asked to stop while it was still starting
        }
        catch (Exception e) when (StartFaults.InWords(e) is { } sentences)
        {
            await Console.Error.WriteLineAsync(sentences);
            return 1;
        }
    }

    public static WebApplication Build(string[] args) => Compose(WebApplication.CreateBuilder(new WebApplicationOptions
    {
        Args = args,
        ContentRootPath = AppContext.BaseDirectory, // where appsettings.json is, however this was started
    }), args);

    internal static WebApplication Compose(WebApplicationBuilder builder, params string[] args)
    {
        builder.AddSettings(args); // appsettings.json < environment < command line; all faults at once
        builder.AddNode(); // the replica: its file, its lease, its peers, both listeners
        builder.AddDocuments(); // what clients see of it
        builder.AddCluster(); // what operators see of it
        builder.AddOpenApi();
        builder.AddCommonPolicies();

        var app = builder.Build();
        app.UseSharedServices();
        app.UsePeers(); // the peer listener ends here; below is for clients
        app.UseReplicaHeaders();
        app.UseWhen(Policies.IsOfAnotherOrigin, others => others.UseCors());
        app.UseProblems();
        app.UseRouting();
        app.MapDocuments(); // /v1
        app.MapCluster(); // /cluster
        app.MapHealth(); // /health
        app.MapOpenApi(); // /swagger
        return app;
    }
}
