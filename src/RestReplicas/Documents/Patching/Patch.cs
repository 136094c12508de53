using System.Text.Json;

namespace RestReplicas.Documents.Patching;

/// <summary>A well-formed patch of either kind.</summary>
public abstract record Patch
{
    public sealed record Merge(JsonValue Value) : Patch;

    public sealed record Operations(IReadOnlyList<PatchOperation> Made) : Patch;

    /// <summary>A patch by its type: an object merges, an array holds operations.</summary>
    /// <param name="path">Of the patch in the body that it came in: empty where it is all of it.</param>
    public static (Patch? Patch, PatchSyntaxFault? Fault) Read(JsonValue value, string path, DocumentOptions limits)
    {
        if (value.Kind == JsonValueKind.Object)
        {
            return (new Merge(value), null);
        }

        var (operations, fault) = JsonPatch.Read(value, path, limits.MaxPatchOperations);
        return fault is null ? (new Operations(operations), null) : (null, fault);
    }

    /// <summary>The document that results, or why there is none.</summary>
    /// <exception cref="TimeoutException">The time was over before it was computed.</exception>
    public (byte[]? Body, PatchFault? Fault) Apply(ReadOnlyMemory<byte> document, DocumentOptions limits, Deadline deadline)
    {
        var before = JsonValue.Parse(document);
        var (after, fault) = this switch
        {
            Merge merge => (MergePatch.Apply(before, merge.Value), null),
            Operations patch => new JsonPatching(limits.MaxBytes, limits.MaxDepth, deadline).Apply(before, patch.Made),
            _ => throw new InvalidOperationException("a patch of an unknown kind"),
        };
        if (after is null)
        {
            return (null, fault);
        }

        PatchFaultKind? kind = after.Kind != JsonValueKind.Object ? PatchFaultKind.NotAnObject
            : after.Size > limits.MaxBytes ? PatchFaultKind.TooLarge
            : after.Depth > limits.MaxDepth ? PatchFaultKind.TooDeep
            : null;
        return kind is { } invalid ? (null, new(invalid, LastOperation, "")) : (after.ToBytes(), null);
    }

    private int LastOperation => this is Operations { Made.Count: > 0 and var count } ? count - 1 : 0;
}
