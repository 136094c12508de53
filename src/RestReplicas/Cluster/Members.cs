using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <param name="Leader">Who leads now.</param>
public sealed record TransferBody(string Leader);

/// <param name="Position">Of the change, in the log.</param>
/// <param name="Voters">Who votes from now on.</param>
public sealed record VotersBody(string Position, IReadOnlyList<string> Voters);

/// <summary>What operators change, on the leader: who leads, and who votes. Other nodes send the request on.</summary>
public sealed class Members(Node node, ToLeader toLeader, IOptions<WriteOptions> options)
{
    /// <summary><c>?to=n2</c>, or the most caught-up voter.</summary>
    public async Task<Results<Ok<TransferBody>, LeaderAnswer, Problem>> Transfer(HttpContext context)
    {
        var query = new QueryReader(context.Request);
        var to = query.Text("to");
        if ((query.Finish() ?? CheckBody(context)) is { } fault)
        {
            return fault;
        }

        if (to is not null && !NodeName.IsValid(to))
        {
            return Problems.InvalidRequest("to", $"'{to}' is not a node's name.");
        }

        if (await Elsewhere(context) is { } answer)
        {
            return answer.Result is LeaderAnswer leader ? leader : (Problem)answer.Result;
        }

        return await node.Transfer(to is null ? null : new(to), context.RequestAborted) switch
        {
            TransferResult.Done done => TypedResults.Ok(new TransferBody(done.Leader.Value)),
            TransferResult.Refused refused => Problems.Refused(refused.Why),
            _ => Problems.NoLeader("The successor did not win in time. Nothing is lost; look at GET /cluster, and ask again."),
        };
    }

    public async Task<Results<Ok<VotersBody>, LeaderAnswer, Problem>> Change(string name, bool votes, HttpContext context)
    {
        if ((new QueryReader(context.Request).Finish() ?? CheckBody(context)) is { } fault)
        {
            return fault;
        }

        if (!NodeName.IsValid(name))
        {
            return Problems.InvalidRequest("name", $"'{name}' is not a node's name.");
        }

        if (await Elsewhere(context) is { } answer)
        {
            return answer.Result is LeaderAnswer leader ? leader : (Problem)answer.Result;
        }

        return await node.ChangeVoters(new(name), votes, options.Value.TimeLimit, context.RequestAborted) switch
        {
            VotersResult.Done done => TypedResults.Ok(new VotersBody(
                done.Position.ToString(), [.. done.Configuration.Voters.Select(v => v.Name.Value).Order(StringComparer.Ordinal)])),
            VotersResult.Refused refused => Problems.Refused(refused.Why),
            VotersResult.Unknown unknown => Problems.OutcomeUnknown(unknown.Position, "The change was not committed in time."),
            _ => throw new InvariantBrokenException("a change of voters has a known result"),
        };
    }

    /// <summary>A body is a wish that nobody would read.</summary>
    private static Problem? CheckBody(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
            ? Problems.InvalidRequest(StatusCodes.Status400BadRequest, "This route takes no body: whom it is about stands in the URL. Send it without one.")
            : null;

    /// <summary>Null: this node leads. Else the way to the leader, or that there is none.</summary>
    private async Task<Results<LeaderAnswer, Problem>?> Elsewhere(HttpContext context)
    {
        var limit = options.Value.TimeLimit;
        var status = await node.WaitForStatus(s => s.Leads || s.LeaderElsewhere is not null, limit, context.RequestAborted);
        if (status.Leads)
        {
            return null;
        }

        return status.LeaderElsewhere is { } leader && !Relay.IsMarked(context.Request)
            && await toLeader.Send(context, leader, default, limit) is { } answer
                ? answer
                : Problems.NoLeader("Only a leader can do this, and none is known. Repeat it a little later.");
    }
}
