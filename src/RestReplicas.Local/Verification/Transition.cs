namespace RestReplicas.Local.Verification;

/// <summary>One operation as the search sees it: when it may take effect, on which values, and what it leaves.</summary>
/// <param name="Ended"><see cref="TimeSpan.MaxValue"/>: any time later.</param>
/// <param name="Required">False: it may also never happen.</param>
/// <param name="Allows">Whether it could have gone as it did, the value before being this (null: no document).</param>
/// <param name="Leaves">Null: no document.</param>
internal sealed record Transition(TimeSpan Sent, TimeSpan Ended, bool Required, Func<string?, bool> Allows, bool Changes, string? Leaves)
{
    /// <summary>Null: it says nothing, or promises nothing, about the current value.</summary>
    /// <param name="valueOf">Which value has a version; null: nobody knows.</param>
    /// <param name="seenBy">When somebody had seen a value; it was written by then, whatever its writer knows.</param>
    public static Transition? Of(Operation operation, Func<Spot, string?> valueOf, Func<string, TimeSpan?> seenBy)
    {
        if (!operation.Writes)
        {
            return operation is { SawState: true, Level: Level.Linearizable }
                ? new(operation.Sent, operation.Ended, true, value => value == operation.Value, false, null)
                : null;
        }

        switch (operation.Ending)
        {
            case Ending.Never:
                return null;

            case Ending.Declined:
                var current = operation.Current is { } version ? valueOf(version) : null;
                return new(
                    operation.Sent,
                    operation.Ended,
                    true,
                    value => !Holds(operation, value) && (operation.Existed is not { } existed || existed == value is not null) && (current is null || current == value),
                    false,
                    null);

            case Ending.Done:
                return new(
                    operation.Sent,
                    operation.Ended,
                    true,
                    value => Holds(operation, value) && (operation.Existed is not { } existed || existed == value is not null),
                    true,
                    operation.Value);

            default:
                var seen = operation.Value is { } written ? seenBy(written) : null;
                return new(operation.Sent, seen ?? TimeSpan.MaxValue, seen is not null, value => Holds(operation, value), true, operation.Value);
        }
    }

    /// <summary>A delete needs a document, as any condition on a value does.</summary>
    private static bool Holds(Operation operation, string? value) =>
        (!operation.IfAbsent || value is null)
        && (operation.IfValue is not { } expected || value == expected)
        && (operation.Asked != Asked.Delete || value is not null);
}
