using System.Net.Http.Headers;
using Polly;
using Polly.Retry;
using RestReplicas.Cluster;
using RestReplicas.Lease;

namespace RestReplicas.Rehearsing;

/// <summary>
/// A failover, played once on a <see cref="Stage"/> soon after the start: three throw-away replicas in this process elect
/// a leader, write, hand leadership over, write again, and stop. Why: .NET compiles a method when it is first called, and
/// a node that has only followed has called little of what a leader does. Without this it compiles all that in the very
/// moment in which nobody can write, and a failover takes several times as long.
/// </summary>
internal static partial class Rehearsal
{
    private const int WritesAtOnce = 4;

    /// <summary>For a leader: while there is none, this machine has better things to do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Where nobody listens: a follower that has not heard of the next leader yet sends to the one that has ended.</summary>
    private static readonly ResiliencePipeline Again = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = 100,
            Delay = TimeSpan.FromMilliseconds(100),
            ShouldHandle = new PredicateBuilder().Handle<HttpRequestException>(e => e.HttpRequestError == HttpRequestError.ConnectionError),
        })
        .Build();

    /// <summary>Beside the node's work, once it runs and a leader is known.</summary>
    public static void Follows(WebApplication app)
    {
        if (app.Services.GetRequiredService<NodeOptions>().Rehearse)
        {
            app.Lifetime.ApplicationStarted.Register(() => _ = Task.Run(() => PlayBeside(app.Services, app.Lifetime.ApplicationStopping)));
        }
    }

    /// <summary>Throws whatever keeps it from its end; leaves nothing behind, either way.</summary>
    public static async Task Play(string directory, LeaseOptions lease, CancellationToken cancelled)
    {
        await using var stage = new Stage(directory, lease);
        await stage.Begin(cancelled);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var leader = await stage.Leader(cancelled);
        await Write(http, stage.Beside(leader), cancelled); // redirected
        using var answer = await http.PostAsync(new Uri(Stage.UrlOf(leader), "/cluster/transfer"), content: null, cancelled);
        answer.EnsureSuccessStatusCode();

        // As at SIGTERM, with writes under way: they are held back, and redirected once the successor has won.
        leader = await stage.Leader(cancelled);
        var follower = stage.Beside(leader);
        await Write(http, follower, cancelled);
        var writing = Task.WhenAll(Enumerable.Range(0, WritesAtOnce).Select(_ => Write(http, follower, cancelled)));
        await leader.StopAsync(cancelled);
        await writing;
    }

    internal static async Task Write(HttpClient http, Uri replica, CancellationToken cancelled) => await Again.ExecuteAsync(
        async cancelled =>
        {
            using var body = new ByteArrayContent("{}"u8.ToArray());
            body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var answer = await http.PutAsync(new Uri(replica, "/v1/rehearsal/a"), body, cancelled);
            answer.EnsureSuccessStatusCode();
        },
        cancelled);

    private static async Task PlayBeside(IServiceProvider services, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            await services.GetRequiredService<Node>().WaitForStatus(s => s.Leads || s.LeaderElsewhere is not null, Patience, stopping);
            limit.CancelAfter(Limit);
            var directory = Path.Combine(services.GetRequiredService<NodeOptions>().DataDirectory, "rehearsal");
            await Play(directory, services.GetRequiredService<LeaseOptions>(), limit.Token);
        }
        catch (Exception e)
        {
            // Whatever it is, it must not touch the node: only its first failover is slower.
            if (!stopping.IsCancellationRequested)
            {
                var log = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Rehearsal));
                BrokeOff(log, e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The rehearsal broke off ({Reason}): this process's first failover will take longer")]
    private static partial void BrokeOff(ILogger log, string reason);
}
