using RestReplicas.Protocol;

namespace RestReplicas.Peers;

internal static partial class PeerLog
{
    [LoggerMessage(101, LogLevel.Information, "{Peer} answers")]
    public static partial void PeerAnswers(this ILogger log, NodeName peer);

    [LoggerMessage(102, LogLevel.Warning, "{Peer} does not answer: {Reason}")]
    public static partial void PeerSilent(this ILogger log, NodeName peer, string? reason);

    [LoggerMessage(103, LogLevel.Error, "{Peer} at {Url} refuses this node's Cluster:Secret; all nodes of a cluster need the same one")]
    public static partial void PeerRefusesSecret(this ILogger log, NodeName peer, Uri? url);

    [LoggerMessage(104, LogLevel.Error, "{Peer} at {Url} belongs to another cluster: its data was founded apart from this node's")]
    public static partial void PeerOfOtherCluster(this ILogger log, NodeName peer, Uri? url);

    [LoggerMessage(105, LogLevel.Error, "What {Peer} answers is no message of this version: {Reason}")]
    public static partial void PeerGarbled(this ILogger log, NodeName peer, string? reason);

    [LoggerMessage(106, LogLevel.Error, "Refused {Peer} at {Remote}: it does not show this cluster's secret (Cluster:Secret)")]
    public static partial void SecretRefused(this ILogger log, string peer, System.Net.IPAddress? remote);

    [LoggerMessage(107, LogLevel.Information, "{Peer} at {Remote} is understood again")]
    public static partial void RequestAccepted(this ILogger log, string peer, System.Net.IPAddress? remote);

    [LoggerMessage(108, LogLevel.Error, "Refused a request of {Peer} at {Remote}: {Reason}")]
    public static partial void RequestGarbled(this ILogger log, string peer, System.Net.IPAddress? remote, string reason);

    [LoggerMessage(109, LogLevel.Information, "Snapshot at {Position} of {Peer}: {Present} of {Bytes} bytes are here")]
    public static partial void SnapshotUnderWay(this ILogger log, Position position, NodeName peer, long present, long bytes);

    [LoggerMessage(110, LogLevel.Information, "Snapshot at {Position} of {Peer}: all {Bytes} bytes are here after {Milliseconds} ms")]
    public static partial void SnapshotReceived(this ILogger log, Position position, NodeName peer, long bytes, long milliseconds);

    [LoggerMessage(111, LogLevel.Warning, "Snapshot at {Position} of {Peer} could not be fetched: {Reason}")]
    public static partial void SnapshotNotReceived(this ILogger log, Position position, NodeName peer, string reason);

    [LoggerMessage(112, LogLevel.Error, "What came as snapshot at {Position} of {Peer} is not that, and is thrown away: {Reason}")]
    public static partial void SnapshotWrong(this ILogger log, Position position, NodeName peer, string reason);
}
