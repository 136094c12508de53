using System.Text;
using RestReplicas.Documents;
using RestReplicas.Documents.Patching;
using Xunit;

namespace RestReplicas.Tests.Documents.Patching;

/// <summary>Patches as texts.</summary>
internal static class Patched
{
    public static readonly DocumentOptions Limits = new();

    public static readonly Deadline Limitless = Deadline.After(TimeSpan.MaxValue);

    public static JsonValue Value(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        Assert.Null(DocumentCheck.FindFault(bytes, Limits.MaxDepth + 2, anyRoot: true));
        return JsonValue.Parse(bytes);
    }

    public static string Text(JsonValue value) => Encoding.UTF8.GetString(value.ToBytes());

    public static PatchSyntaxFault? SyntaxFault(string patch) => JsonPatch.Read(Value(patch), "", Limits.MaxPatchOperations).Fault;

    /// <summary>What a JSON Patch makes of any value, or why it cannot.</summary>
    public static (string? Result, PatchFault? Fault) Apply(string document, string patch)
    {
        var (operations, malformed) = JsonPatch.Read(Value(patch), "", Limits.MaxPatchOperations);
        Assert.Null(malformed);
        var (result, fault) = new JsonPatching(Limits.MaxBytes, Limits.MaxDepth, Limitless).Apply(Value(document), operations);
        return (result is null ? null : Text(result), fault);
    }

    public static string Merge(string document, string patch) => Text(MergePatch.Apply(Value(document), Value(patch)));
}
