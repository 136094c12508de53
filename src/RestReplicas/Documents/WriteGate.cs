using Microsoft.AspNetCore.Http.HttpResults;
using RestReplicas.Cluster;

namespace RestReplicas.Documents;

/// <summary>Carries a write of any kind to whoever leads, and brings back what became of it.</summary>
public sealed class WriteGate(Node node, ToLeader toLeader)
{
    /// <summary>
    /// Asks first, and translates the refusal: elsewhere if a leader is heard, else a wait until there is one. A write
    /// that was lost certainly did not happen, so it may be sent on like one that was refused.
    /// </summary>
    public async Task<Results<T, LeaderAnswer, Problem>> Carry<T>(HttpContext context, WriteRequest<T> write)
        where T : IResult
    {
        var limit = write.Terms.Levels.Timeout;
        var deadline = Deadline.After(limit);
        while (true)
        {
            // A client that goes takes nothing back; it ends within the time limit, so nobody need be told.
            var before = node.Status;
            var result = await write.Propose(node, deadline, CancellationToken.None);
            if (result is not (WriteResult.NotLeader or WriteResult.Lost) || deadline.IsOver)
            {
                return Answer(context, write, result);
            }

            var cancelled = context.RequestAborted;
            var status = await node.WaitForStatus(s => s.LeaderElsewhere is not null || Takes(s, before), deadline.Remaining, cancelled);
            if (status.LeaderElsewhere is { } leader)
            {
                if (Relay.IsMarked(context.Request))
                {
                    return Answer(context, write, result);
                }

                if (await toLeader.Send(context, leader, write.Body, limit) is { } answer)
                {
                    return answer;
                }

                status = await node.WaitForStatus(s => s.LeaderElsewhere != leader, deadline.Remaining, cancelled);
                if (status.LeaderElsewhere != leader)
                {
                    continue;
                }
            }

            if (!Takes(status, before))
            {
                return Answer(context, write, result);
            }
        }
    }

    /// <summary>Worth asking again here: something has changed since the refusal.</summary>
    private static bool Takes(NodeStatus status, NodeStatus refused) =>
        status.Leads && !status.Draining && !ReferenceEquals(status, refused);

    private static Results<T, LeaderAnswer, Problem> Answer<T>(HttpContext context, WriteRequest<T> write, WriteResult result)
        where T : IResult
    {
        ReplicaHeaders.Of(context)?.Write(result);
        return WriteAnswers.Of(write, result);
    }
}
