namespace RestReplicas.Documents;

/// <summary>A command as the payload of its entry: encoded once, by the leader, and the same bytes ever after.</summary>
public static class CommandCodec
{
    public static ReadOnlyMemory<byte> Encode(Command command) => throw new NotImplementedException();

    /// <summary>
    /// Bodies are slices of <paramref name="payload"/>. Throws <see cref="Protocol.InvariantBrokenException"/> for a format
    /// that it does not know, or bytes that are none: an entry is never skipped.
    /// </summary>
    public static Command Decode(ReadOnlyMemory<byte> payload) => throw new NotImplementedException();
}
