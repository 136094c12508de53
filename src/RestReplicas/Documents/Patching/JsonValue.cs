using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RestReplicas.Documents.Patching;

/// <summary>
/// A JSON value that keeps the bytes that it was read from: so every value that a patch does not touch is written as it
/// was read, and only the objects and arrays on the way to a change lose the white space between their members. Made of
/// text that <see cref="DocumentCheck"/> has passed, and looked into only where somebody asks.
/// </summary>
/// <remarks>
/// What was read never changes. What was made here (<see cref="Editable"/>) does, in place: a thousand operations on an array
/// of a hundred thousand elements must not copy it a thousand times. So it must stand in one place only.
/// </remarks>
public sealed class JsonValue
{
    /// <summary>More than any document may have (<see cref="DocumentOptions.MaxDepth"/>): the limit is not found here.</summary>
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = 1024 };

    /// <summary>As it was read; empty: made here.</summary>
    private readonly ReadOnlyMemory<byte> _text;
    private readonly int _depth;
    private List<JsonMember>? _members;

    /// <summary>Bytes of what was made here, without the brackets: of every member, and a comma after it.</summary>
    private long _content;

    private JsonValue(ReadOnlyMemory<byte> text, int depth)
    {
        _text = text;
        Kind = KindOf(text.Span[0]);
        _depth = depth;
    }

    private JsonValue(JsonValueKind kind, List<JsonMember> members)
    {
        (Kind, _members) = (kind, members);
        members.ForEach(member => _content += SizeOf(member));
    }

    public JsonValueKind Kind { get; }

    /// <summary>Bytes that it takes when it is written.</summary>
    public long Size => IsMade ? 1 + Math.Max(1, _content) : _text.Length;

    /// <summary>Objects and arrays inside each other, itself included; 0 for anything else.</summary>
    public int Depth => IsMade ? 1 + _members!.Select(member => member.Value.Depth).DefaultIfEmpty().Max() : _depth;

    /// <summary>As it was read. Empty for an object or array that was made here.</summary>
    public ReadOnlyMemory<byte> Text => _text;

    /// <summary>An object or array that was made here: it may be edited, and must not stand in two places.</summary>
    public bool IsMade => _text.IsEmpty;

    public bool IsContainer => Kind is JsonValueKind.Object or JsonValueKind.Array;

    /// <summary>Of an object or array, in order; an array's have no name.</summary>
    public IReadOnlyList<JsonMember> Members => Held;

    private List<JsonMember> Held => _members ??= ReadMembers();

    public static JsonValue Parse(ReadOnlyMemory<byte> text)
    {
        var reader = new Utf8JsonReader(text.Span, Deep);
        reader.Read();
        return Take(ref reader, text);
    }

    public static JsonValue ObjectOf(List<JsonMember> members) => new(JsonValueKind.Object, members);

    /// <summary>The place of an object's member; below 0: it has none of that name.</summary>
    public int Find(string name)
    {
        var members = Members;
        for (var at = 0; at < members.Count; at++)
        {
            if (members[at].Name == name)
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>The value of an object's member; null: it has none of that name.</summary>
    public JsonValue? this[string name] => Find(name) is >= 0 and var at ? Members[at].Value : null;

    /// <summary>Of an object or array: itself, or one of the same members that can be edited.</summary>
    public JsonValue Editable() => IsMade ? this : new(Kind, [.. Members]);

    /// <summary>The same value, which may stand in a second place.</summary>
    public JsonValue Copy() => IsMade ? Parse(ToBytes()) : this;

    /// <param name="before">Size of what stands there now, which may be <paramref name="value"/> itself, edited since.</param>
    public void Set(int at, JsonValue value, long before)
    {
        _content += value.Size - before;
        Held[at] = Held[at] with { Value = value };
    }

    /// <param name="name">Null in an array.</param>
    public void Insert(int at, string? name, JsonValue value)
    {
        Held.Insert(at, new(name is null ? default : Quote(name), name, value));
        _content += SizeOf(Held[at]);
    }

    public void RemoveAt(int at)
    {
        _content -= SizeOf(Held[at]);
        Held.RemoveAt(at);
    }

    /// <summary>Of a string.</summary>
    public string GetString()
    {
        var reader = new Utf8JsonReader(_text.Span);
        reader.Read();
        return reader.GetString()!;
    }

    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>((int)Size);
        Write(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>As deep as the value, no deeper: whoever makes values bounds that.</summary>
    private void Write(ArrayBufferWriter<byte> buffer)
    {
        if (!_text.IsEmpty)
        {
            buffer.Write(_text.Span);
            return;
        }

        var isObject = Kind == JsonValueKind.Object;
        buffer.Write(isObject ? "{"u8 : "["u8);
        for (var i = 0; i < Members.Count; i++)
        {
            buffer.Write(i == 0 ? default : ","u8);
            if (isObject)
            {
                buffer.Write(Members[i].Key.Span);
                buffer.Write(":"u8);
            }

            Members[i].Value.Write(buffer);
        }

        buffer.Write(isObject ? "}"u8 : "]"u8);
    }

    private List<JsonMember> ReadMembers()
    {
        var members = new List<JsonMember>();
        var reader = new Utf8JsonReader(_text.Span, Deep);
        reader.Read();
        while (reader.Read() && reader.CurrentDepth > 0)
        {
            var (key, name) = (default(ReadOnlyMemory<byte>), default(string));
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                (key, name) = (_text.Slice((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2), reader.GetString());
                reader.Read();
            }

            members.Add(new(key, name, Take(ref reader, _text)));
        }

        return members;
    }

    /// <summary>The value that begins with the reader's token; the reader is at its last one then.</summary>
    private static JsonValue Take(ref Utf8JsonReader reader, ReadOnlyMemory<byte> text)
    {
        var start = (int)reader.TokenStartIndex;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                var outside = reader.CurrentDepth;
                var depth = 1;
                while (reader.Read() && reader.CurrentDepth > outside)
                {
                    if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                    {
                        depth = Math.Max(depth, reader.CurrentDepth - outside + 1);
                    }
                }

                return new(text[start..(int)reader.BytesConsumed], depth);
            case JsonTokenType.String:
                return new(text.Slice(start, reader.ValueSpan.Length + 2), 0);
            default:
                return new(text.Slice(start, reader.ValueSpan.Length), 0);
        }
    }

    private static long SizeOf(JsonMember member) =>
        member.Value.Size + 1 + (member.Name is null ? 0 : member.Key.Length + 1);

    private static byte[] Quote(string name) =>
        [(byte)'"', .. JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"'];

    private static JsonValueKind KindOf(byte first) => first switch
    {
        (byte)'{' => JsonValueKind.Object,
        (byte)'[' => JsonValueKind.Array,
        (byte)'"' => JsonValueKind.String,
        (byte)'t' => JsonValueKind.True,
        (byte)'f' => JsonValueKind.False,
        (byte)'n' => JsonValueKind.Null,
        _ => JsonValueKind.Number,
    };
}

/// <param name="Key">The name as it is written, in quotes; empty in an array.</param>
/// <param name="Name">What the key means; null in an array.</param>
public readonly record struct JsonMember(ReadOnlyMemory<byte> Key, string? Name, JsonValue Value);
