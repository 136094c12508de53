using RestReplicas.Documents.Patching;

namespace RestReplicas.Documents.Batches;

/// <summary>One operation of a batch, well formed.</summary>
public abstract record BatchOperation(DocumentName Name)
{
    /// <summary>A put, a post under an id that was minted for it, a delete or a check.</summary>
    public sealed record Known(DocumentName Name, Change Change) : BatchOperation(Name);

    /// <summary>Its change follows from the document.</summary>
    public sealed record Patched(DocumentName Name, Patch Patch, Condition? Condition) : BatchOperation(Name);
}
