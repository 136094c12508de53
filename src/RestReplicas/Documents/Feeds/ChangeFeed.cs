using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Cluster;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Documents.Feeds;

/// <summary>
/// GET <c>/v1/_changes</c> and <c>/v1/{collection}/_changes</c>: what was committed and applied, in that order. It comes out
/// of the log, which is the same on every node; so a reader may go on at another one where it stopped at this one.
/// </summary>
public sealed class ChangeFeed(
    Node node,
    ReadGate gate,
    ToLeader toLeader,
    ChangeTail tail,
    IHostApplicationLifetime lifetime,
    IOptions<ChangeOptions> options,
    IOptions<ReadOptions> reads,
    ILogger<ChangeFeed> log)
{
    public async Task<Results<ChangePage, ChangeEvents, LeaderAnswer, Problem>> Get(string? collection, HttpContext context)
    {
        context.Response.Headers.Vary = "Accept";
        if (FeedRequest.Read(context.Request, collection, options.Value, out var fault) is not { } request)
        {
            return fault!;
        }

        if (tail.Join() is not { } seat)
        {
            return Problems.Busy($"{options.Value.Readers} readers follow the changes on this node already (Changes:Readers).");
        }

        context.Response.RegisterForDispose(seat);
        var answer = request.Streams ? await Read(request, context) : await Page(request, context);
        return answer.Result switch
        {
            ChangePage page when request.Streams => Stream(request, page.Next),
            ChangePage page => page,
            LeaderAnswer elsewhere => elsewhere,
            Problem { Type: Problems.WriteLostType } when request.Streams => Stream(request, null),
            Problem { Type: Problems.WriteLostType } => Problems.NotInHistory(request.Since!.Value),
            var refused => (Problem)refused!,
        };
    }

    private ChangeEvents Stream(FeedRequest request, Position? from) =>
        new(request, from, node, tail, options.Value, log, lifetime.ApplicationStopping);

    /// <summary>Reads until there is an event, or the time is over, or the node stops.</summary>
    private async Task<Results<ChangePage, LeaderAnswer, Problem>> Page(FeedRequest request, HttpContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var wait = Deadline.After(HttpMethods.IsHead(context.Request.Method) ? TimeSpan.Zero : request.Wait);
        var search = Deadline.After(reads.Value.TimeLimit); // for the first event of a collection that changes seldom
        while (true)
        {
            var answer = await Read(request, context);
            if (answer.Result is not ChangePage { Events.Count: 0 } page || ending.IsCancellationRequested
                || (page.More ? search : wait).IsOver)
            {
                return answer;
            }

            try
            {
                var next = page.More ? page.Next : await tail.Wait(page.Next, request.Collection, wait.Remaining, ending.Token);
                request = request with { Since = next };
            }
            catch (OperationCanceledException)
            {
                return answer;
            }
        }
    }

    private async Task<Results<ChangePage, LeaderAnswer, Problem>> Read(FeedRequest request, HttpContext context)
    {
        var since = request.Since == Position.Zero ? null : request.Since;
        var staysHere = request.Streams && !toLeader.Redirects(context.Request); // no node relays what has no end
        var levels = new ReadLevels(Consistency.Local, MaxStaleness: null, since, reads.Value.TimeLimit + request.Wait, OnlyIfCached: staysHere);
        try
        {
            var answer = await gate.Serve<ChangePage>(context, levels, () => Look(request));
            return answer.Result is Problem { Type: Problems.HistoryGoneType } gone ? await Elsewhere(gone) : answer;
        }
        catch (DamagedEntryException e)
        {
            node.MendEntry(e.Index);
            return await Elsewhere(Problems.DamagedState());
        }

        // The leader's log may go back further, or be sound.
        async Task<Results<ChangePage, LeaderAnswer, Problem>> Elsewhere(Problem here) =>
            node.Status.LeaderElsewhere is { } leader && !staysHere && !Relay.IsMarked(context.Request)
            && await toLeader.Send(context, leader, default, levels.Timeout) is { } answer
                ? answer
                : here;
    }

    private (Position Applied, Results<ChangePage, LeaderAnswer, Problem> Answer) Look(FeedRequest request)
    {
        if (request.Since is not { } since)
        {
            var now = node.Status.Applied;
            return (now, new ChangePage([], now, More: false, request.WithDocuments));
        }

        if (request.Streams)
        {
            request = request with { Limit = 0 }; // only whether it can be read from there
        }

        return tail.Read(since, node.Status.Applied.Index) switch
        {
            History.Held held => (held.Applied, ChangePage.Of(held, since, request)),
            History.Gone gone => (gone.Applied, Problems.HistoryGone(gone.Oldest)),
            var other => (other.Applied, Problems.WriteLost(since)),
        };
    }
}
