namespace RestReplicas.Cluster.Tests.Load;

/// <summary>What a client may conclude from the answer, or from its absence.</summary>
internal enum Verdict
{
    /// <summary>Acknowledged at <c>majority</c>: it happened, for good.</summary>
    Acknowledged,

    /// <summary>It certainly did not happen: <c>outcome: none</c>, or nobody was there to take it.</summary>
    Refused,

    /// <summary>It may have happened.</summary>
    Unknown,

    /// <summary>An answer that the specification does not have.</summary>
    Wrong,
}

/// <summary>One write of a document that nobody else ever writes.</summary>
/// <param name="Position">Where it is, or would be, in the log.</param>
/// <param name="Node">Who answered.</param>
/// <param name="Sent">On the test's own monotonic clock.</param>
internal sealed record Attempt(
    string Id,
    string Body,
    Verdict Verdict,
    string? Position,
    string? Node,
    TimeSpan Sent,
    TimeSpan Ended,
    string Detail)
{
    public TimeSpan Took => Ended - Sent;

    /// <summary>What the change feed calls it: <c>created</c>, <c>replaced</c> or <c>deleted</c>.</summary>
    public string Kind { get; init; } = "created";
}
