using System.Text.Json;

namespace RestReplicas.Documents.Patching;

/// <summary>
/// Makes the operations of a JSON Patch on a document. The limits of documents hold after every operation, so no sequence
/// of copies grows beyond them on its way; and none takes longer than its request may.
/// </summary>
/// <param name="maxDepth">Not so deep that a method which calls itself for every level could be.</param>
public sealed class JsonPatching(long maxBytes, int maxDepth, Deadline deadline)
{
    private PatchFaultKind _fault;
    private string _pointer = "";

    /// <summary>The document that results, or why there is none. What results may be any value.</summary>
    /// <exception cref="TimeoutException">The time was over before all was made.</exception>
    public (JsonValue? Result, PatchFault? Fault) Apply(JsonValue document, IReadOnlyList<PatchOperation> operations)
    {
        var result = document;
        for (var i = 0; i < operations.Count; i++)
        {
            if (deadline.IsOver)
            {
                throw new TimeoutException();
            }

            _pointer = operations[i].Path.Text;
            if (Make(operations[i], result) is not { } next)
            {
                return (null, new(_fault, i, JsonPointer.Shorten(_pointer)));
            }

            result = next;
        }

        return (result, null);
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
            case PatchVerb.Copy:
                return Find(document, operation.From!) is { } original ? Put(document, path, PatchVerb.Add, original.Copy()) : null;
            case PatchVerb.Move:
                return Find(document, operation.From!) is not { } moved ? null
                    : operation.From!.Text == path.Text ? document
                    : Put(Edit(document, operation.From.Tokens, PatchVerb.Remove, null)!, path, PatchVerb.Add, moved);
            case PatchVerb.Remove:
                return Edit(document, path.Tokens, PatchVerb.Remove, null);
            default:
                return Put(document, path, operation.Verb, operation.Value!);
        }
    }

    private JsonValue? Put(JsonValue document, JsonPointer path, PatchVerb verb, JsonValue value)
    {
        var edited = Edit(document, path.Tokens, verb, value);
        return edited is null ? null
            : edited.Size > maxBytes ? Fail(PatchFaultKind.TooLarge)
            : path.Tokens.Length + value.Depth > maxDepth ? Fail(PatchFaultKind.TooDeep)
            : edited;
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

        var isNew = at == target.Members.Count || (isLast && verb == PatchVerb.Add && target.Kind == JsonValueKind.Array);
        var before = isNew ? 0 : target.Members[at].Value.Size;
        if (!isLast && (value = Edit(target.Members[at].Value, path[1..], verb, value)) is null)
        {
            return null;
        }

        var edited = target.Editable();
        if (isLast && verb == PatchVerb.Remove)
        {
            edited.RemoveAt(at);
        }
        else if (isNew)
        {
            edited.Insert(at, edited.Kind == JsonValueKind.Object ? path[0] : null, value!);
        }
        else
        {
            edited.Set(at, value!, before);
        }

        return edited;
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
