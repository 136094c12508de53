using Microsoft.Extensions.Options;
using RestReplicas.Documents;
using RestReplicas.Documents.Feeds;

namespace RestReplicas.Describing;

/// <summary>What this node's settings allow: the document says it in numbers, and they are this node's.</summary>
public sealed class OpenApiLimits(
    IOptions<DocumentOptions> documents,
    IOptions<ReadOptions> reads,
    IOptions<WriteOptions> writes,
    IOptions<ChangeOptions> changes,
    IOptions<SessionCookieOptions> sessions)
{
    /// <summary>Milliseconds; a year, as every <c>maxStaleness</c>.</summary>
    public static (long Least, long Most) Staleness => (0, (long)TimeSpan.FromDays(365).TotalMilliseconds);

    public int BatchOperations => documents.Value.MaxBatchOperations;

    public int PatchOperations => documents.Value.MaxPatchOperations;

    public (long Least, long Most) Page => (1, documents.Value.MaxPageSize);

    public (long Least, long Most) ChangePage => (1, changes.Value.MaxPageSize);

    public (long Least, long Most) Wait => (0, (long)changes.Value.LongestWait.TotalMilliseconds);

    public (long Least, long Most) ReadTime => (1, (long)reads.Value.LongestTimeLimit.TotalMilliseconds);

    public (long Least, long Most) WriteTime => (1, (long)writes.Value.LongestTimeLimit.TotalMilliseconds);

    /// <summary>Answers set the session cookie, and reads heed it.</summary>
    public bool HasSessions => sessions.Value.Cookie;
}
