using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

internal static partial class NodeLog
{
    [LoggerMessage(1, LogLevel.Information, "{Node} starts: log through {Last}, applied through {Applied}, disk {Disk}")]
    public static partial void Started(this ILogger log, NodeName node, Position last, Position applied, DiskId disk);

    [LoggerMessage(2, LogLevel.Information, "Stopped")]
    public static partial void Stopped(this ILogger log);

    [LoggerMessage(3, LogLevel.Critical, "Stopped, for a rule was broken that everything rests on: {Alarm}")]
    public static partial void Halted(this ILogger log, string alarm, Exception? cause);

    [LoggerMessage(4, LogLevel.Error, "A save failed; starting again from what the file holds")]
    public static partial void SaveFailed(this ILogger log, Exception cause);

    [LoggerMessage(5, LogLevel.Warning, "Started again from the file: log through {Last}, applied through {Applied}")]
    public static partial void Restarted(this ILogger log, Position last, Position applied);

    [LoggerMessage(7, LogLevel.Error, "Could not start again from the file; the next attempt follows")]
    public static partial void RestartFailed(this ILogger log, Exception cause);

    [LoggerMessage(20, LogLevel.Warning, "The disk failed to sync: all that the file held was written anew, and is now in {Generation}")]
    public static partial void Rebuilt(this ILogger log, string generation);

    [LoggerMessage(6, LogLevel.Warning, "The file did not close cleanly; the next start will recover it")]
    public static partial void CloseFailed(this ILogger log, Exception? cause);

    [LoggerMessage(8, LogLevel.Error, "The entries after {Previous} cannot be read for a follower")]
    public static partial void BatchUnreadable(this ILogger log, Position previous, Exception cause);

    [LoggerMessage(21, LogLevel.Warning, "The entry at {Position} was spoilt on this disk; it is fetched again from another node")]
    public static partial void EntryMended(this ILogger log, Position position);

    [LoggerMessage(9, LogLevel.Critical, "The state here is damaged, and is not read any more: {Why}")]
    public static partial void StateDamaged(this ILogger log, string why);

    [LoggerMessage(19, LogLevel.Critical, "{Note}")]
    public static partial void DiskSetAside(this ILogger log, string note);

    [LoggerMessage(33, LogLevel.Critical, "The states of the voters differ at index {Index}, and no majority says which is right")]
    public static partial void StatesDiffer(this ILogger log, long index);

    [LoggerMessage(30, LogLevel.Information, "This node's replica ends here: {Why}")]
    public static partial void ChangingFile(this ILogger log, string why);

    [LoggerMessage(31, LogLevel.Information, "The snapshot of {Position} is in place")]
    public static partial void Installed(this ILogger log, Position position);

    [LoggerMessage(34, LogLevel.Warning, "{RolledBack} writes are not in the leader's log and were rolled back here; no majority ever had them. GET /cluster/rolled-back shows them.")]
    public static partial void RolledBack(this ILogger log, long rolledBack);

    [LoggerMessage(32, LogLevel.Error, "The file could not be replaced, and stays as it was")]
    public static partial void FileNotChanged(this ILogger log, Exception cause);

    [LoggerMessage(10, LogLevel.Information, "{Node} is elected leader of term {Term}, log through {Last}")]
    public static partial void Elected(this ILogger log, NodeName node, Term term, Position last);

    [LoggerMessage(11, LogLevel.Information, "{Node} serves as leader of term {Term}")]
    public static partial void Serves(this ILogger log, NodeName node, Term term);

    [LoggerMessage(12, LogLevel.Warning, "{Node} no longer leads (term {Term}): {Reason}")]
    public static partial void SteppedDown(this ILogger log, NodeName node, Term term, string? reason);

    [LoggerMessage(13, LogLevel.Information, "{Node} was not elected: {Reason}")]
    public static partial void CampaignFailed(this ILogger log, NodeName node, string reason);

    [LoggerMessage(14, LogLevel.Information, "{Node} follows {Leader} in term {Term}")]
    public static partial void Follows(this ILogger log, NodeName node, NodeName leader, Term term);

    [LoggerMessage(15, LogLevel.Warning, "{Node} no longer hears {Leader}")]
    public static partial void LeaderUnheard(this ILogger log, NodeName node, NodeName? leader);

    [LoggerMessage(16, LogLevel.Information, "Lease: {Before} → {After}")]
    public static partial void LeaseChanged(this ILogger log, LeaseState before, LeaseState after);

    [LoggerMessage(17, LogLevel.Warning, "Cluster:Voters names {Configured}; the configuration in force names {InForce}")]
    public static partial void VotersDiffer(this ILogger log, string configured, string inForce);

    [LoggerMessage(18, LogLevel.Error, "Refused {Peer}: it belongs to another cluster")]
    public static partial void StrangerRefused(this ILogger log, NodeName peer);
}
