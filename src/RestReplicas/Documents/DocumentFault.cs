namespace RestReplicas.Documents;

/// <summary>Why a body is no document, and where.</summary>
/// <param name="Offset">In bytes from the start of the body.</param>
/// <param name="Path">JSON Pointer (RFC 6901) to the value at fault, or to the innermost that was begun; empty: the whole.</param>
public sealed record DocumentFault(string Detail, long Offset, string Path);
