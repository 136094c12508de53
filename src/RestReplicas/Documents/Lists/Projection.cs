using System.Buffers;
using System.Text;
using System.Text.Json;

namespace RestReplicas.Documents.Lists;

/// <summary>
/// The members of a document that <c>fields</c> names, and no others. What is kept is kept byte by byte, in its order.
/// A path that leads through an array goes on at the element of its number, as in a filter, or else in each object that
/// the array holds.
/// </summary>
public sealed class Projection
{
    public const int MostPaths = 32;

    private readonly Node _root;

    public Projection(IEnumerable<MemberPath> paths)
    {
        _root = new();
        foreach (var path in paths)
        {
            _root.Add(path.Names, 0);
        }
    }

    /// <param name="body">A document.</param>
    public ReadOnlyMemory<byte> Of(ReadOnlySpan<byte> body)
    {
        var kept = new ArrayBufferWriter<byte>(Math.Min(body.Length, 1024) + 2);
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 1024 });
        reader.Read();
        Keep(ref reader, body, _root, kept);
        return kept.WrittenMemory;
    }

    /// <summary>From the first token of an object or array to its last.</summary>
    private static void Keep(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, Node node, ArrayBufferWriter<byte> kept)
    {
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        var isFirst = true;
        var number = 0;
        kept.Write(isObject ? "{"u8 : "["u8);
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            var name = default(ReadOnlySpan<byte>);
            Node? next;
            if (isObject)
            {
                name = body[(int)reader.TokenStartIndex..(int)reader.BytesConsumed];
                next = node.Find(ref reader);
                reader.Read();
            }
            else
            {
                next = node.Element(number++);
            }

            var isOpen = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
            if (next is null || (!next.IsWhole && !isOpen))
            {
                reader.Skip();
                continue;
            }

            kept.Write(isFirst ? [] : ","u8);
            isFirst = false;
            kept.Write(name);
            if (next.IsWhole)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                kept.Write(body[start..(int)reader.BytesConsumed]);
            }
            else
            {
                Keep(ref reader, body, next, kept);
            }
        }

        kept.Write(isObject ? "}"u8 : "]"u8);
    }

    private sealed class Node
    {
        private readonly List<(byte[] Name, Node Node)> _members = [];
        private readonly Dictionary<int, Node> _elements = [];

        /// <summary>A path ends here.</summary>
        public bool IsWhole { get; private set; }

        public void Add(IReadOnlyList<string> names, int from)
        {
            if (from == names.Count)
            {
                IsWhole = true;
                return;
            }

            var name = Encoding.UTF8.GetBytes(names[from]);
            var at = _members.FindIndex(m => m.Name.AsSpan().SequenceEqual(name));
            if (at < 0)
            {
                at = _members.Count;
                _members.Add((name, new()));
                if (MemberPath.IndexOf(names[from]) is { } index)
                {
                    _elements.Add(index, _members[at].Node);
                }
            }

            _members[at].Node.Add(names, from + 1);
        }

        /// <summary>Where a path goes on in an array. Who names elements only wants no others.</summary>
        public Node? Element(int number) =>
            _elements.TryGetValue(number, out var element) ? element
            : _elements.Count < _members.Count ? this
            : null;

        public Node? Find(ref Utf8JsonReader name)
        {
            foreach (var member in _members)
            {
                if (name.ValueTextEquals(member.Name))
                {
                    return member.Node;
                }
            }

            return null;
        }
    }
}
