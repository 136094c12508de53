using System.Text.Json;
using RestReplicas.Documents.Patching;
using RestReplicas.Protocol;

namespace RestReplicas.Documents.Batches;

/// <summary>
/// Reads <c>{"operations":[{"op":"put","collection":"books","id":"edda","document":{…},"ifMatch":"7.48213"}, …]}</c>. A document
/// is stored as the bytes between its braces. Members that an operation does not know are refused: a misspelt condition
/// must not be a write without one.
/// </summary>
public sealed class BatchReader(ReadOnlyMemory<byte> body, DocumentOptions limits)
{
    private const string Example = """{"operations": [{"op": "put", "collection": "books", "id": "edda", "document": {}}]}""";

    /// <summary>Around a value of a JSON Patch: the batch, its operations, the operation, the patch, its operation. Around a document: three.</summary>
    private const int LevelsOfABatch = 5;

    private static readonly Dictionary<string, string[]> MembersOf = new(StringComparer.Ordinal)
    {
        ["put"] = ["op", "collection", "id", "document", "ifMatch", "ifNoneMatch"],
        ["post"] = ["op", "collection", "document"],
        ["patch"] = ["op", "collection", "id", "patch", "ifMatch"],
        ["delete"] = ["op", "collection", "id", "ifMatch"],
        ["check"] = ["op", "collection", "id", "ifMatch", "ifNoneMatch"],
    };

    private readonly List<BatchOperation> _operations = [];
    private DocumentFault? _fault;

    /// <summary>Null: <paramref name="fault"/> says what is wrong, and where in the body.</summary>
    public IReadOnlyList<BatchOperation>? Read(out DocumentFault? fault)
    {
        fault = DocumentCheck.FindFault(body.Span, limits.MaxDepth + LevelsOfABatch, anyRoot: true);
        if (fault is null && !ReadAll(JsonValue.Parse(body)))
        {
            fault = _fault;
        }

        return fault is null ? _operations : null;
    }

    private bool ReadAll(JsonValue batch)
    {
        if (batch.Kind != JsonValueKind.Object || batch["operations"] is not { Kind: JsonValueKind.Array } operations)
        {
            return Refuse($"A batch is an object with an array of operations: {Example}.", batch, "");
        }

        if (batch.Members.Count > 1)
        {
            var unknown = batch.Members.First(member => member.Name != "operations");
            return Refuse("A batch has 'operations', and nothing else.", unknown.Value, $"/{unknown.Name}");
        }

        var count = operations.Members.Count;
        if (count < 1 || count > limits.MaxBatchOperations)
        {
            return Refuse(
                $"A batch has 1 to {limits.MaxBatchOperations} operations here (Documents:MaxBatchOperations).", operations, "/operations");
        }

        var named = new HashSet<DocumentName>();
        foreach (var member in operations.Members)
        {
            var at = $"/operations/{_operations.Count}";
            if (Read(member.Value, at) is not { } operation)
            {
                return false;
            }

            if (!named.Add(operation.Name))
            {
                return Refuse(
                    "The batch names this document twice. It is judged as a whole, so there is no order between two changes of one document.",
                    member.Value,
                    $"{at}/id");
            }

            _operations.Add(operation);
        }

        return true;
    }

    private BatchOperation? Read(JsonValue operation, string at)
    {
        if (operation.Kind != JsonValueKind.Object || Text(operation, "op") is not { } op || !MembersOf.TryGetValue(op, out var known))
        {
            return Fail($"An operation is an object whose 'op' is one of: {string.Join(", ", MembersOf.Keys)}.", operation, $"{at}/op");
        }

        if (operation.Members.FirstOrDefault(member => !known.Contains(member.Name)) is { Name: { } unknown, Value: var value })
        {
            var path = $"{at}/{JsonPointer.Escape(unknown)}";
            return Fail($"'{op}' takes no such member, but: {string.Join(", ", known)}.", value, path);
        }

        // An id of a post is minted here, once: whoever repeats the command repeats the id.
        var (collection, id) = (Text(operation, "collection") ?? "", op == "post" ? Guid.CreateVersion7().ToString() : Text(operation, "id") ?? "");
        if ((Names.CheckCollection(collection) ?? Names.CheckId(id)) is { } misnamed)
        {
            return Fail(misnamed.Detail, operation[misnamed.Parameter!] ?? operation, $"{at}/{misnamed.Parameter}");
        }

        if (!ReadCondition(operation, at, out var condition))
        {
            return null;
        }

        var name = new DocumentName(collection, id);
        switch (op)
        {
            case "patch":
                return ReadPatch(operation, name, condition, at);
            case "delete":
                return new BatchOperation.Known(name, new Change.Delete(collection, id, condition));
            case "check":
                return condition is null
                    ? Fail("'check' needs 'ifMatch' or 'ifNoneMatch': what is to hold of the document.", operation, at)
                    : new BatchOperation.Known(name, new Change.Check(collection, id, condition));
            default:
                return ReadDocument(operation, at) is { } document
                    ? new BatchOperation.Known(name, new Change.Put(collection, id, condition, document.Text))
                    : null;
        }
    }

    private BatchOperation.Patched? ReadPatch(JsonValue operation, DocumentName name, Condition? condition, string at)
    {
        if (operation["patch"] is not { IsContainer: true } value)
        {
            Refuse(
                "'patch' needs a 'patch': an object merges (RFC 7396), an array is a JSON Patch (RFC 6902).",
                operation["patch"] ?? operation,
                $"{at}/patch");
            return null;
        }

        var (patch, fault) = Patch.Read(value, $"{at}/patch", limits);
        _fault = fault?.In(body);
        return patch is null ? null : new(name, patch, condition);
    }

    private JsonValue? ReadDocument(JsonValue operation, string at)
    {
        var document = operation["document"];
        var wrong = document is not { Kind: JsonValueKind.Object } ? "'document' is a JSON object, in braces."
            : document.Size > limits.MaxBytes ? $"A document has at most {limits.MaxBytes} bytes here (Documents:MaxBytes)."
            : document.Depth > limits.MaxDepth ? $"The document has more than {limits.MaxDepth} levels (Documents:MaxDepth)."
            : null;
        return wrong is null || Refuse(wrong, document ?? operation, $"{at}/document") ? document : null;
    }

    /// <summary>As the headers of the same names, but a version needs no quotes here.</summary>
    private bool ReadCondition(JsonValue operation, string at, out Condition? condition)
    {
        condition = null;
        var (match, noneMatch) = (operation["ifMatch"], operation["ifNoneMatch"]);
        if (match is not null && noneMatch is not null)
        {
            return Refuse("Send 'ifMatch' or 'ifNoneMatch', not both.", noneMatch, $"{at}/ifNoneMatch");
        }

        if (noneMatch is not null)
        {
            condition = new Condition.Absent();
            return Text(operation, "ifNoneMatch") == "*"
                || Refuse("'ifNoneMatch' is \"*\": only if there is no document yet.", noneMatch, $"{at}/ifNoneMatch");
        }

        if (match is not null)
        {
            var text = Text(operation, "ifMatch") ?? "";
            condition = text == "*" ? new Condition.Present()
                : Position.TryParse(text is ['"', .. var tag, '"'] ? tag : text, out var version) ? new Condition.AtVersion([version])
                : null;
            return condition is not null
                || Refuse("'ifMatch' is a version as answers give it, \"7.48213\", or \"*\": any.", match, $"{at}/ifMatch");
        }

        return true;
    }

    private static string? Text(JsonValue operation, string name) =>
        operation[name] is { Kind: JsonValueKind.String } text ? text.GetString() : null;

    private BatchOperation? Fail(string detail, JsonValue value, string path)
    {
        Refuse(detail, value, path);
        return null;
    }

    /// <summary>Never true.</summary>
    private bool Refuse(string detail, JsonValue value, string path)
    {
        _fault = new PatchSyntaxFault(detail, value, JsonPointer.Shorten(path)).In(body);
        return false;
    }
}
