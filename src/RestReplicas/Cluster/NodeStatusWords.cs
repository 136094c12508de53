using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>A status in the words of the HTTP surface.</summary>
public static class NodeStatusWords
{
    /// <summary>The leader's public URL, this node's own included; null: none was heard within ElectionSilence.</summary>
    public static string? LeaderUrl(this NodeStatus status) =>
        (status.View.Role == Role.Leader ? status.Address : status.LeaderElsewhere)?.PublicUrl;

    /// <summary>A candidate still follows, as far as clients can tell.</summary>
    public static string RoleName(this NodeStatus status) => status.View.Role switch
    {
        Role.Leader => "leader",
        Role.Learner => "learner",
        _ => "follower",
    };

    public static string Word(this LeaseState state) => state switch
    {
        LeaseState.NotConfigured => "not-configured",
        LeaseState.Held => "held",
        LeaseState.Failsafe => "failsafe",
        _ => "none",
    };
}
