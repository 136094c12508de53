using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Documents;
using RestReplicas.Documents.Feeds;

namespace RestReplicas.Cluster;

/// <summary>
/// GET <c>/cluster/events</c>: what this node sees happen in its cluster, as server-sent events. Each one is the whole picture
/// and says what in it has changed, so a reader needs no memory, and misses nothing that still matters when it connects again.
/// </summary>
public sealed class ClusterEvents(Node node, IHostApplicationLifetime lifetime, IOptions<ChangeOptions> options, ILogger<ClusterEvents> log)
{
    /// <summary>Between two looks at a node where too many wait already for one more to wait.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private int _readers;

    public async Task<Results<EmptyHttpResult, Problem>> Get(HttpContext context)
    {
        if (new QueryReader(context.Request).Finish() is { } fault)
        {
            return fault;
        }

        try
        {
            if (Interlocked.Increment(ref _readers) > options.Value.Readers)
            {
                return Problems.Busy($"{options.Value.Readers} readers follow this node already (Changes:Readers).");
            }

            await ServerSentEvents.Answer(context, options.Value.SendLimit, log, Follow, lifetime.ApplicationStopping);
            return TypedResults.Empty;
        }
        finally
        {
            Interlocked.Decrement(ref _readers);
        }
    }

    private async Task Follow(ServerSentEvents events, CancellationToken cancelled)
    {
        Scene? last = null;
        var sentAt = 0L;
        while (true)
        {
            var scene = Scene.Of(node.Status);
            if (scene != last)
            {
                await events.Send(
                    null,
                    null,
                    json =>
                    {
                        json.WriteString("node", node.Status.Name.Value);
                        scene.Write(json, last);
                    },
                    cancelled);
                (last, sentAt) = (scene, Stopwatch.GetTimestamp());
            }
            else if (Stopwatch.GetElapsedTime(sentAt) >= options.Value.Heartbeat)
            {
                events.Comment();
                sentAt = Stopwatch.GetTimestamp();
            }
            else
            {
                await Task.Delay(Pause, cancelled);
            }

            await events.Flush(cancelled);
            await node.WaitForStatus(status => Scene.Of(status) != scene, options.Value.Heartbeat, cancelled);
        }
    }
}
