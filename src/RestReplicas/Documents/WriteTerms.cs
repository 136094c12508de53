using RestReplicas.Cluster;

namespace RestReplicas.Documents;

/// <summary>What a write asks for beside its content, in its query and headers.</summary>
/// <param name="Key">Null: no Idempotency-Key.</param>
public readonly record struct WriteTerms(WriteLevels Levels, Condition? Condition, IdempotencyKey? Key, ReturnPreference Return)
{
    /// <summary>The answer is to contain the document.</summary>
    public bool WantsDocument => Return == ReturnPreference.Representation;

    /// <summary>What is wrong with them, or null.</summary>
    /// <param name="path">The route with its names decoded, so that spelling a URL differently is no other request.</param>
    public static Problem? Read(HttpRequest request, string path, ReadOnlySpan<byte> body, WriteOptions options, out WriteTerms terms)
    {
        var query = new QueryReader(request);
        var levels = WriteLevels.Read(query, options);
        Condition? condition = null;
        IdempotencyKey? key = null;
        var fault = query.Finish()
            ?? EntityTags.ReadCondition(request, out condition)
            ?? IdempotencyHeader.Read(request, path, body, out key)
            ?? CheckAcks(levels, condition, key);
        terms = new(levels, condition, key, Preferences.Read(request));
        return fault;
    }

    /// <summary>Until it is applied nobody knows what a condition or a key makes of a write (protocol.md §6).</summary>
    private static Problem? CheckAcks(WriteLevels levels, Condition? condition, IdempotencyKey? key) =>
        levels.Acks == Acks.Leader && (condition is not null || key is not null)
            ? Problems.InvalidRequest(
                "acks",
                "acks=leader answers before the outcome is known, so it goes with neither a condition nor an Idempotency-Key.")
            : null;
}
