using System.Text.Json;

namespace RestReplicas.Documents.Patching;

public enum PatchVerb
{
    Add,
    Remove,
    Replace,
    Move,
    Copy,
    Test,
}

/// <param name="From">Of <c>move</c> and <c>copy</c>.</param>
/// <param name="Value">Of <c>add</c>, <c>replace</c> and <c>test</c>.</param>
public sealed record PatchOperation(PatchVerb Verb, JsonPointer Path, JsonPointer? From, JsonValue? Value);

/// <summary>A JSON Patch (RFC 6902), read: operations that are made one after the other, all or none.</summary>
public static class JsonPatch
{
    public const string MediaType = "application/json-patch+json";

    private static readonly Dictionary<string, PatchVerb> Verbs = new(StringComparer.Ordinal)
    {
        ["add"] = PatchVerb.Add,
        ["remove"] = PatchVerb.Remove,
        ["replace"] = PatchVerb.Replace,
        ["move"] = PatchVerb.Move,
        ["copy"] = PatchVerb.Copy,
        ["test"] = PatchVerb.Test,
    };

    /// <summary>The operations; or what is wrong, and at which value of the patch.</summary>
    /// <param name="path">Of the patch in the body that it came in: empty where it is all of it.</param>
    public static (IReadOnlyList<PatchOperation> Operations, PatchSyntaxFault? Fault) Read(JsonValue patch, string path, int most)
    {
        if (patch.Kind != JsonValueKind.Array)
        {
            return ([], new("A JSON Patch is an array of operations (RFC 6902 §3).", patch, path));
        }

        if (patch.Members.Count > most)
        {
            return ([], new($"A patch has at most {most} operations here (Documents:MaxPatchOperations).", patch, path));
        }

        var operations = new List<PatchOperation>(patch.Members.Count);
        foreach (var member in patch.Members)
        {
            var (operation, fault) = Read(member.Value, $"{path}/{operations.Count}");
            if (operation is null)
            {
                return ([], fault);
            }

            operations.Add(operation);
        }

        return (operations, null);
    }

    /// <summary>Members that an operation does not define are ignored (RFC 6902 §4).</summary>
    private static (PatchOperation? Operation, PatchSyntaxFault? Fault) Read(JsonValue operation, string at)
    {
        if (operation.Kind != JsonValueKind.Object)
        {
            return Fault("An operation is an object: {\"op\": \"add\", \"path\": \"/a\", \"value\": 1}.", operation, at);
        }

        if (operation["op"] is not { Kind: JsonValueKind.String } op || !Verbs.TryGetValue(op.GetString(), out var verb))
        {
            return Fault($"'op' is one of: {string.Join(", ", Verbs.Keys)}.", operation["op"] ?? operation, at + "/op");
        }

        if (ReadPointer(operation["path"]) is not { } path)
        {
            return Fault(NoPointer("path"), operation["path"] ?? operation, at + "/path");
        }

        var from = verb is PatchVerb.Move or PatchVerb.Copy ? ReadPointer(operation["from"]) : null;
        if (from is null && verb is PatchVerb.Move or PatchVerb.Copy)
        {
            return Fault(NoPointer("from"), operation["from"] ?? operation, at + "/from");
        }

        if (verb == PatchVerb.Move && from!.IsAbove(path))
        {
            return Fault("Nothing can be moved into itself (RFC 6902 §4.4).", operation["from"]!, at + "/from");
        }

        var value = verb is PatchVerb.Add or PatchVerb.Replace or PatchVerb.Test ? operation["value"] : null;
        return value is null && verb is PatchVerb.Add or PatchVerb.Replace or PatchVerb.Test
            ? Fault($"'{op.GetString()}' needs a 'value'; null is one.", operation, at)
            : (new(verb, path, from, value), null);
    }

    private static JsonPointer? ReadPointer(JsonValue? value) =>
        value is { Kind: JsonValueKind.String } ? JsonPointer.Parse(value.GetString()) : null;

    private static string NoPointer(string member) =>
        $"'{member}' is a JSON Pointer: empty, or '/' before every name, in which ~0 is '~' and ~1 is '/' (RFC 6901).";

    private static (PatchOperation?, PatchSyntaxFault?) Fault(string detail, JsonValue value, string path) =>
        (null, new(detail, value, path));
}

/// <summary>Why a text is no patch.</summary>
/// <param name="Value">The one at fault.</param>
/// <param name="Path">JSON Pointer to it.</param>
public sealed record PatchSyntaxFault(string Detail, JsonValue Value, string Path)
{
    /// <summary>In the body that the value was read from.</summary>
    public DocumentFault In(ReadOnlyMemory<byte> body)
    {
        body.Span.Overlaps(Value.Text.Span, out var offset);
        return new(Detail, offset, Path);
    }
}
