namespace RestReplicas.Documents;

/// <summary>An outcome as it is kept beside its entry and in an idempotency record.</summary>
public static class OutcomeCodec
{
    public static byte[] Encode(Outcome outcome) => throw new NotImplementedException();

    /// <summary>Throws <see cref="Protocol.InvariantBrokenException"/> for bytes that are no outcome of a known format.</summary>
    public static Outcome Decode(ReadOnlySpan<byte> bytes) => throw new NotImplementedException();
}
