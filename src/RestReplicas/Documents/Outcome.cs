using RestReplicas.Documents.Patching;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>What became of a command when it was applied; the same on every node, kept with its entry.</summary>
public abstract record Outcome
{
    /// <summary>All changes were made. One result for each change, in order.</summary>
    /// <param name="Ids">Of the documents, in the same order: a repeated POST must be told the id that the first one minted.</param>
    public sealed record Done(IReadOnlyList<ChangeResult> Results, IReadOnlyList<string> Ids) : Outcome;

    /// <summary>Nothing was changed: change number <paramref name="Change"/> (from 0) found another version; null: no document.</summary>
    public sealed record PreconditionFailed(int Change, Position? Current) : Outcome;

    /// <summary>Nothing was changed: change number <paramref name="Change"/> deletes a document that is not there.</summary>
    public sealed record NotFound(int Change) : Outcome;

    /// <summary>Nothing was changed: the patch that is change number <paramref name="Change"/> cannot be applied to version <paramref name="Current"/>.</summary>
    public sealed record PatchFailed(int Change, Position Current, PatchFault Fault) : Outcome;

    /// <summary>
    /// Nothing was changed, nor remembered under the key: the document of change number <paramref name="Change"/> is no longer
    /// the one that the leader computed the change from. It is computed again.
    /// </summary>
    public sealed record Stale(int Change) : Outcome;

    /// <summary>Nothing was changed: the collection has as many indexes as it may have.</summary>
    public sealed record TooManyIndexes : Outcome;

    /// <summary>Nothing was changed: the key was used for another request.</summary>
    public sealed record KeyMismatch : Outcome;

    /// <summary>Nothing was changed now: the key was used before, at <paramref name="At"/>, with this outcome.</summary>
    public sealed record Replayed(Position At, Outcome First) : Outcome;
}

public enum ChangeResult : byte
{
    Created = 0,
    Replaced = 1,
    Deleted = 2,
    Checked = 3,
}
