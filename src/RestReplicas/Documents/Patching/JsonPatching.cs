using System.Text.Json;

namespace RestReplicas.Documents.Patching;

/// <summary>
/// Makes the operations of a JSON Patch on a document. The limits of documents hold after every operation, so no sequence
/// of copies grows beyond them on its way.
/// </summary>
/// <param name="maxDepth">Not so deep that a method which calls itself for every level could be.</param>
public sealed class JsonPatching(long maxBytes, int maxDepth)
{
    private PatchFaultKind _fault;
    private string _pointer = "";

    /// <summary>The document that results, or why there is none. What results may be any value.</summary>
    public (JsonValue? Result, PatchFault? Fault) Apply(JsonValue document, IReadOnlyList<PatchOperation> operations)
    {
        var result = document;
        for (var i = 0; i < operations.Count; i++)
        {
            _pointer = operations[i].Path.Text;
            if (Make(operations[i], result) is not { } next || (next != result && !Fits(next)))
            {
                return (null, new(_fault, i, JsonPointer.Shorten(_pointer)));
            }

            result = next;
        }

        return (result, null);
    }

    private bool Fits(JsonValue value)
    {
        _fault = value.Size > maxBytes ? PatchFaultKind.TooLarge : PatchFaultKind.TooDeep;
        return value.Size <= maxBytes && value.Depth <= maxDepth;
    }

    /// <summary>Null: <see cref="_fault"/> says why not.</summary>
    private JsonValue? Make(PatchOperation operation, JsonValue document)
    {
        var path = operation.Path;
        switch (operation.Verb)
        {
            case PatchVerb.Test:
                var found = Find(document, path);
                return found is null ? null : JsonEquality.AreEqual(found, operation.Value!) ? document : Fail(PatchFaultKind.TestFailed);
            case PatchVerb.Move or PatchVerb.Copy:
                var value = Find(document, operation.From!);
                if (value is null)
                {
                    return null;
                }

                if (operation.Verb == PatchVerb.Copy)
                {
                    return Edit(document, path.Tokens, PatchVerb.Add, value);
                }

                return operation.From!.Text == path.Text
                    ? document
                    : Edit(Edit(document, operation.From.Tokens, PatchVerb.Remove, null)!, path.Tokens, PatchVerb.Add, value);
            default:
                return Edit(document, path.Tokens, operation.Verb, operation.Value);
        }
    }

    /// <summary>The document with its value at the path added, removed or replaced; the fault is noted where it cannot be.</summary>
    private JsonValue? Edit(JsonValue target, ReadOnlySpan<string> path, PatchVerb verb, JsonValue? value)
    {
        if (path.IsEmpty)
        {
            return value ?? Fail(PatchFaultKind.WholeDocument);
        }

        var isLast = path.Length == 1;
        if (Locate(target, path[0], isLast && verb == PatchVerb.Add) is not { } at)
        {
            return null;
        }

        if (!isLast)
        {
            return Edit(target.Members[at].Value, path[1..], verb, value) is { } edited ? target.With(at, edited) : null;
        }

        return verb switch
        {
            PatchVerb.Remove => target.Without(at),
            PatchVerb.Add when target.Kind == JsonValueKind.Array => target.WithAdded(at, null, value!),
            PatchVerb.Add when at == target.Members.Count => target.WithAdded(at, path[0], value!),
            _ => target.With(at, value!),
        };
    }

    private JsonValue? Find(JsonValue document, JsonPointer pointer)
    {
        var outer = _pointer;
        _pointer = pointer.Text;
        var found = document;
        foreach (var token in pointer.Tokens)
        {
            if (Locate(found, token, adding: false) is not { } at)
            {
                return null;
            }

            found = found.Members[at].Value;
        }

        _pointer = outer;
        return found;
    }

    /// <summary>A member's place, or where a new one goes; null: the fault is noted.</summary>
    private int? Locate(JsonValue container, string token, bool adding)
    {
        if (container.Kind == JsonValueKind.Object)
        {
            var at = container.Find(token);
            return at >= 0 ? at : adding ? container.Members.Count : FailAt(PatchFaultKind.NoSuchMember);
        }

        if (container.Kind != JsonValueKind.Array)
        {
            return FailAt(PatchFaultKind.NotAContainer);
        }

        var end = container.Members.Count;
        if ((token == "-" ? end : JsonPointer.ReadIndex(token)) is not { } index)
        {
            return FailAt(PatchFaultKind.NotAnIndex);
        }

        return index < end || (index == end && adding) ? index : FailAt(PatchFaultKind.OutOfBounds);
    }

    private JsonValue? Fail(PatchFaultKind fault)
    {
        _fault = fault;
        return null;
    }

    private int? FailAt(PatchFaultKind fault)
    {
        _fault = fault;
        return null;
    }
}
