namespace RestReplicas.Documents;

/// <summary>Section <c>Sessions</c>.</summary>
public sealed record SessionCookieOptions
{
    public const string Section = "Sessions";

    /// <summary>
    /// Whether answers also say in a cookie up to what position their client has seen, so that a browser behind a load
    /// balancer reads its own writes, and never an older state than before. Default false.
    /// </summary>
    public bool Cookie { get; set; }
}
