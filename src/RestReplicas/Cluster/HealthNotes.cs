using RestReplicas.Describing;
using RestReplicas.Documents;

namespace RestReplicas.Cluster;

/// <summary>The routes of <see cref="HealthEndpoints"/> in words, for the OpenAPI document.</summary>
public static class HealthNotes
{
    private static readonly Dictionary<int, AnswerNote> Ok = new() { [200] = new("It is.", """{"status":"ok"}""") };

    private static readonly Problem[] Unfit =
    [
        Problems.InvalidRequest("verbose", "This route takes no parameters."),
        new("not-ready", 503, "Not this node, now.", "It does not lead, or does not serve yet.") { RetryAfter = 1 },
    ];

    public static readonly RouteNotes Live = new("checkLive", "The process answers", "Never fails for lack of a leader, of Redis or of disk.")
    {
        Answers = Ok,
        Problems = [Unfit[0]],
    };

    public static readonly RouteNotes Ready = new("checkReady", "It can serve reads", "It has caught up with a leader since it started, and is not stopping.")
    {
        Answers = Ok,
        Problems = Unfit,
    };

    public static readonly RouteNotes Leader = new(
        "checkLeader", "It leads", "It leads and serves, and a majority confirmed that within QuorumTimeout: where writes go.")
    {
        Answers = Ok,
        Problems = Unfit,
    };

    public static readonly RouteNotes Follower = new("checkFollower", "It follows, and is fresh enough", "Where reads go that are to spare the leader.")
    {
        Parameters = [new("maxStaleness", "query", "Milliseconds: 503 if its state may be older.", "1000") { Range = _ => OpenApiLimits.Staleness }],
        Answers = Ok,
        Problems = Unfit,
    };
}
