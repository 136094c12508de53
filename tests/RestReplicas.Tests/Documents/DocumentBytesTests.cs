using System.Globalization;
using System.Text;
using RestReplicas.Documents;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>What is sent is what is stored, and what is stored is what is sent back: by every way in, every way out, on every node, after a restart.</summary>
public class DocumentBytesTests
{
    /// <summary>All of Unicode, written as escapes, has 13 MiB.</summary>
    private static readonly (string, string)[] Large = [.. WebCluster.Patient, ("Documents:MaxBytes", "16777216"), ("Reads:TimeLimit", "00:01:00"), ("Writes:TimeLimit", "00:01:00")];

    private static readonly Dictionary<string, byte[]> Documents = new()
    {
        ["empty"] = "{}"u8.ToArray(),
        ["numbers"] = Bytes("""{"a":1e400,"b":1.10,"c":0.1e1,"d":-0,"e":-0.0E-00,"f":1E+2,"g":123456789012345678901234567890.12345678901234567890,"h":9007199254740993}"""),
        ["blanks"] = Bytes("\r\n\t {\"z\" : 1 ,\n\"a\":[ ]\t,\"m\":{ }\r}  \n\n"),
        ["order"] = Bytes("""{"b":1,"a":2,"B":3,"":4," ":5,"__proto__":6,"10":7,"9":8}"""),
        ["escapes"] = Bytes("""{"a":"\u0000\u001f\b\f\n\r\t\"\\\/\u002F\u00E9\u00e9é\ud83d\ude00\uD83D\uDE00😀","\u0061b":"e\u0301é"}"""),
        ["levels"] = Bytes($"{{\"a\":{new string('[', 63)}{new string(']', 63)}}}"),
        ["mebibyte"] = Bytes($"{{\"x\":\"{Random(new(1), (1024 * 1024) - 8)}\"}}"),
        ["unicode"] = Bytes($"{{\"x\":\"{string.Concat(Scalars().Select(s => s.Value is < 0x20 or '"' or '\\' ? Escaped(s) : s.ToString()))}\"}}"),
        ["unicode-escaped"] = Bytes($"{{\"x\":\"{string.Concat(Scalars().Select(Escaped))}\"}}"),
    };

    [Fact]
    public async Task Documents_survive_byte_for_byte()
    {
        await using var cluster = await WebCluster.Start(3, Large);
        var leader = await cluster.Leader();
        foreach (var (name, document) in Documents)
        {
            // As it is, with the document in the answer; compressed.
            var put = await leader.Send("PUT", $"/v1/{name}/x", WebNode.Json(document), ("Prefer", "return=representation"));
            Same(document, put.Is(201).Bytes, $"{name}, returned");
            Same(document, (await leader.Get($"/v1/{name}/x")).Bytes, name);
            foreach (var coding in new[] { Coding.Gzip, Coding.Brotli })
            {
                var body = WebNode.Json(Codings.Encode(coding, document).ToArray());
                body.Headers.ContentEncoding.Add(Codings.NameOf(coding));
                (await leader.Send("PUT", $"/v1/{name}/x", body)).Is(200);
                Same(document, (await leader.Get($"/v1/{name}/x")).Bytes, $"{name}, sent in {coding}");
            }
        }

        await EveryWayOut(cluster);

        var names = cluster.Nodes.Select(node => node.Name).ToArray();
        await cluster.Stop(names);
        await Task.WhenAll(names.Select(name => cluster.Start(name)));
        await EveryWayOut(cluster);
    }

    private static async Task EveryWayOut(WebCluster cluster)
    {
        var leader = await cluster.Leader();
        foreach (var node in cluster.Nodes)
        {
            await node.CatchesUpWith(leader);
            foreach (var (name, document) in Documents)
            {
                var url = $"/v1/{name}/x";
                Same(document, (await node.Get(url)).Is(200).Bytes, $"{name} from {node.Name}");
                Assert.Equal(document.Length.ToString(CultureInfo.InvariantCulture), (await node.Send("HEAD", url)).Is(200)["Content-Length"]);
                foreach (var coding in new[] { "gzip", "br" })
                {
                    var answer = (await node.Get(url, ("Accept-Encoding", $"{coding}, identity;q=0"))).Is(200);
                    Assert.Equal(coding, answer["Content-Encoding"]);
                    Same(document, Bytes(CodingTests.Decoded(answer)), $"{name} from {node.Name} in {coding}");
                }

                var item = Assert.Single((await node.Get($"/v1/{name}")).Is(200).Json.GetProperty("items").EnumerateArray());
                Same(document.AsSpan().Trim(" \r\n\t"u8).ToArray(), Bytes(item.GetProperty("document").GetRawText()), $"{name} in a list from {node.Name}");
            }
        }
    }

    private static void Same(byte[] sent, byte[] received, string which)
    {
        var same = sent.AsSpan().CommonPrefixLength(received);
        Assert.True(same == sent.Length && same == received.Length, $"{which}: {sent.Length} bytes were sent, {received.Length} came back, and {same} of them agree");
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Every scalar value of Unicode: all code points but the surrogates.</summary>
    private static IEnumerable<Rune> Scalars() => Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(value => new Rune(value));

    private static string Escaped(Rune scalar) => string.Concat(scalar.ToString().Select(unit => $"\\u{(int)unit:x4}"));

    /// <summary>What no compressor makes smaller by much.</summary>
    private static string Random(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => (char)random.Next('a', 'z' + 1)));
}
