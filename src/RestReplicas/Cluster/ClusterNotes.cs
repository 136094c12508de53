using RestReplicas.Describing;
using RestReplicas.Documents;
using RestReplicas.Documents.Feeds;

namespace RestReplicas.Cluster;

/// <summary>The routes of <see cref="ClusterEndpoints"/> in words, for the OpenAPI document.</summary>
public static class ClusterNotes
{
    private static readonly Problem[] BadParameter = [Problems.InvalidRequest("verbose", "This route takes no parameters.")];

    private static readonly ParameterNote Node = new("name", "path", "The node's name: a letter or digit, then letters, digits, `_`, `-` or `.`; at most 64.", "n4")
    {
        Pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        Length = (1, 64),
    };

    public static readonly RouteNotes Cluster = new(
        "getCluster", "Every node", "Asks all nodes what they say of themselves; one that does not answer within a second is listed as unreachable.")
    {
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new(
                "The nodes, in the order of their names.",
                """
                {"cluster":"5f0c…","node":"n2","leader":"n1","leaderUrl":"http://127.0.0.1:8081","term":7,"voters":3,"quorum":true,"tolerates":1,
                 "nodes":[{"name":"n1","reachable":true,"voter":true,"lagEntries":0,"lagMs":12.5,"role":"leader","serving":true,
                  "disk":"3625ba3b81594476931a68921fe79210","term":7,"publicUrl":"http://127.0.0.1:8081","peerUrl":"http://127.0.0.1:9081",
                  "last":"7.48213","saved":48213,"commit":48213,"applied":"7.48213",
                  "logFrom":40960,"digest":{"index":48213,"version":1,"sum":"9f2c4b0e6a1d8357c0e4f7a29b6d1e38"},"damage":null,"storageLow":false,"lease":"held","draining":false,"lastError":null,
                  "lastRefusal":null,"configuredVoters":["n1","n2","n3"]}]}
                """),
        },
        Problems = BadParameter,
    };

    public static readonly RouteNotes Events = new(
        "followClusterEvents",
        "What happens in the cluster",
        "Server-sent events: who leads, in which term, who votes, the lease, damage, full disks, as the node that was asked sees it. Each event is "
        + "the whole picture, and 'changed' names what in it is new; the first comes at once.")
    {
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new("The events.", null)
            {
                Events = "retry: 1000\n\ndata: "
                    + """{"node":"n2","changed":["term","leader","leaderUrl"],"role":"follower","term":8,"leader":"n3","leaderUrl":"http://127.0.0.1:8083","serving":false"""
                    + ""","voters":["n1","n2","n3"],"lease":"none","damage":null,"disputed":null,"storageLow":false,"storageFull":false,"draining":false,"lastError":null}"""
                    + "\n\n",
            },
        },
        Headers = [ChangeNotes.Unbuffered],
        Problems = [.. BadParameter, Problems.Busy("1000 readers follow this node already (Changes:Readers).")],
    };

    public static readonly RouteNotes Transfer = new(
        "transferLeadership", "Hand leadership over", "To the voter named, or to the most caught-up one. Writes wait meanwhile, some milliseconds; none fails.")
    {
        Parameters = [Node with { Name = "to", In = "query", Description = "The voter that is to lead." }],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new("Who leads now.", """{"leader":"n2"}"""),
            [307] = SharedNotes.RedirectTo("/cluster/transfer"),
        },
        Problems =
        [
            .. BadParameter,
            Problems.Refused("n9 is no voter that answers."),
            Problems.NoLeader("No leader is known."),
            Problems.OutcomeUnknown(null, "The request was passed on to the leader, which broke off before it answered."),
        ],
    };

    public static readonly RouteNotes AddVoter = ChangeVoters(
        "addVoter", "Make a learner a voter", "Start the node first, with the settings of the others and a name of its own; it catches up as a learner.");

    public static readonly RouteNotes RemoveVoter = ChangeVoters(
        "removeVoter", "Make a voter a learner", "It is fed on, and counts for nothing. A leader hands leadership over first.");

    public static readonly RouteNotes Backup = new(
        "getBackup", "A backup", "Committed state as a SQLite file, consistent, made while writes go on, without the node's identity. 'recover --from FILE' founds a cluster from it. One at a time.")
    {
        Answers = new Dictionary<int, AnswerNote> { [200] = new("The file, whose name says up to which position: n2-7.48213.db.", null, new HeaderNote("Content-Disposition", "Its name.", "attachment; filename=n2-7.48213.db")) { File = Backups.MediaType } },
        Problems = [.. BadParameter, Problems.Busy("Another backup is being made or sent."), Problems.DamagedState(), Problems.StorageFull()],
    };

    public static readonly RouteNotes RolledBack = new(
        "getRolledBack", "Writes that were rolled back here", "They were in this node's log and not in a later leader's; none was ever acknowledged at majority. The latest first.")
    {
        Parameters = [new("limit", "query", "How many at most.", "100") { Range = limits => limits.Page }],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new(
                "The writes, with their bodies as strings.",
                """{"items":[{"position":"6.48200","timestamp":"2026-11-21T20:00:00.000Z","changes":[{"change":"put","collection":"books","id":"edda","body":"{}"}]}],"more":false}"""),
        },
        Problems = BadParameter,
    };

    private static RouteNotes ChangeVoters(string id, string summary, string description) => new(
        id, summary, $"{description} One change at a time; refused if too few of the voters would be alive.")
    {
        Parameters = [Node],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new("Committed: who votes from now on.", """{"position":"7.48214","voters":["n1","n2","n3","n4"]}"""),
            [307] = SharedNotes.RedirectTo("/cluster/voters/n4"),
        },
        Problems =
        [
            .. BadParameter,
            Problems.Refused("n4 has not caught up as a learner."),
            Problems.NoLeader("No leader is known."),
            Problems.OutcomeUnknown(new(new(7), 48214), "The change was not committed in time."),
        ],
    };
}
