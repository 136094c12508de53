using System.Text;
using FsCheck;
using FsCheck.Fluent;
using RestReplicas.Documents;
using RestReplicas.Documents.Patching;
using Xunit;

namespace RestReplicas.Tests.Documents.Patching;

/// <summary>What holds for every document and every patch. A failure prints the seed that replays it.</summary>
public class PatchProperties
{
    private static readonly DocumentOptions Small = new() { MaxBytes = 2048, MaxDepth = 6 };

    /// <summary>Few names, so that patches meet what is there.</summary>
    private static readonly Gen<string> Names = Gen.Elements("a", "b", "", "~", "/", "0", "01", "-", "é", "😀", "\"", "\n");

    private static readonly Gen<string> Scalars = Gen.Elements(
        "0", "-0", "1", "1.0", "1e400", "12e-1", "null", "true", "false", "\"\"", "\"\\u00e9\\n\"", "123456789012345678901234567890");

    private static readonly Gen<string> Pointers = Gen.OneOf(
        from tokens in Gen.ListOf(Names, 3)
        select string.Concat(tokens.Select(t => "/" + t.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal))),
        from tokens in Gen.ListOf(Names, 1)
        select string.Concat(tokens.Select(t => "/" + t)));

    private static readonly Gen<string> Operations =
        from verb in Gen.Elements("add", "remove", "replace", "move", "copy", "test")
        from path in Pointers
        from origin in Pointers
        from value in Values(2)
        select $$"""{"op":"{{verb}}","path":{{Quote(path)}},"from":{{Quote(origin)}},"value":{{value}}}""";

    private static readonly Gen<string> Patches = Gen.OneOf(
        Objects(3),
        Gen.ListOf(Operations).Select(operations => $"[{string.Join(",", operations.Take(12))}]"));

    [Fact]
    public void A_patch_leaves_a_document_or_says_why_not_and_always_the_same() => Check(Objects(4), Patches, (document, patch) =>
    {
        var (read, fault) = Patch.Read(Parse(patch), "", Small);
        if (read is null)
        {
            return fault is not null;
        }

        var bytes = Encoding.UTF8.GetBytes(document);
        var (first, second) = (read.Apply(bytes, Small, Patched.Limitless), read.Apply(bytes, Small, Patched.Limitless));
        return first.Body is null
            ? first.Fault is not null && first.Fault == second.Fault
            : first.Body.AsSpan().SequenceEqual(second.Body) && DocumentCheck.FindFault(first.Body, Small.MaxDepth) is null && first.Body.Length <= Small.MaxBytes;
    });

    [Fact]
    public void A_value_is_written_as_long_and_as_deep_as_it_says() => Check(Objects(3), Objects(3), (one, other) =>
    {
        var merged = MergePatch.Apply(Parse(one), Parse(other));
        var again = JsonValue.Parse(merged.ToBytes());
        return merged.ToBytes().Length == merged.Size && again.Depth == merged.Depth && JsonEquality.AreEqual(merged, again);
    });

    [Fact]
    public void So_is_one_that_operations_have_edited() => Check(Objects(4), Patches, (document, patch) =>
    {
        var read = Patch.Read(Parse(patch), "", Small).Patch as Patch.Operations;
        var edited = new JsonPatching(1 << 20, 64, Patched.Limitless).Apply(Parse(document), read?.Made ?? []).Result;
        return edited is null || (edited.ToBytes() is var bytes && bytes.Length == edited.Size && JsonValue.Parse(bytes).Depth == edited.Depth);
    });

    [Fact]
    public void A_merge_patch_applied_twice_changes_nothing_more() => Check(Objects(3), Objects(3), (document, patch) =>
    {
        var once = MergePatch.Apply(Parse(document), Parse(patch));
        return JsonEquality.AreEqual(once, MergePatch.Apply(once, Parse(patch)));
    });

    [Fact]
    public void A_value_put_at_a_pointer_is_found_there() => Check(Objects(3), Names, (document, name) =>
    {
        var pointer = "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
        var (operations, _) = JsonPatch.Read(
            Parse($$"""[{"op":"add","path":{{Quote(pointer)}},"value":{{document}}},{"op":"test","path":{{Quote(pointer)}},"value":{{document}}}]"""), "", most: 2);
        return new JsonPatching(1 << 20, 64, Patched.Limitless).Apply(Parse(document), operations).Fault is null;
    });

    [Fact]
    public void Any_text_is_a_pointer_or_none() => Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
    {
        var pointer = JsonPointer.Parse(text ?? "");
        return pointer is null || string.Concat(pointer.Tokens.Select(
            t => "/" + t.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal))) == pointer.Text;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_are_a_patch_or_none() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        byte[] body = [(byte)'[', .. bytes ?? [], (byte)']'];
        return DocumentCheck.FindFault(body, 66, anyRoot: true) is not null || Patch.Read(JsonValue.Parse(body), "", Small) is ({ }, _) or (_, { });
    }).QuickCheckThrowOnFailure();

    private static void Check(Gen<string> ones, Gen<string> others, Func<string, string, bool> holds) =>
        Prop.ForAll(Arb.From(ones), Arb.From(others), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static Gen<string> Values(int depth) => depth == 0
        ? Scalars
        : Gen.OneOf(Scalars, Objects(depth), Gen.ListOf(Values(depth - 1)).Select(items => $"[ {string.Join(" , ", items.Take(4))} ]"));

    private static Gen<string> Objects(int depth) =>
        from names in Gen.ListOf(Names)
        from values in Gen.ListOf(Values(depth - 1), 4)
        select $"{{ {string.Join(" , ", names.Distinct().Zip(values, (name, value) => $"{Quote(name)} : {value}"))} }}";

    private static string Quote(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private static JsonValue Parse(string json) => JsonValue.Parse(Encoding.UTF8.GetBytes(json));
}
