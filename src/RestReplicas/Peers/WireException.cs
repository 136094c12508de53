namespace RestReplicas.Peers;

/// <summary>Bytes that are no message: damaged on the way, of another version, or not from a replica at all.</summary>
public sealed class WireException(string message) : Exception(message);
