using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace RestReplicas.Documents;

/// <summary>
/// Whether bytes are a document: one JSON object in strict UTF-8, not too deep, no key twice. It only looks: what was
/// sent is what is stored, so numbers may be as large and as precise as JSON writes them.
/// </summary>
/// <remarks>
/// A repeated key is refused because readers disagree about which one counts; half a surrogate pair (<c>\ud800</c>)
/// because no UTF-8 text can hold it, so a reader could not give it back.
/// </remarks>
public ref struct DocumentCheck
{
    private Utf8JsonReader _reader;
    private readonly JsonPath _path = new();
    private readonly int _maxDepth;
    private readonly bool _anyRoot;

    private DocumentCheck(ReadOnlySpan<byte> body, int maxDepth, bool whole, bool anyRoot)
    {
        // One more level than allowed, so that the limit is ours to word.
        _reader = new(body, whole, new JsonReaderState(new JsonReaderOptions { MaxDepth = maxDepth + 1 }));
        _maxDepth = maxDepth;
        _anyRoot = anyRoot;
    }

    /// <summary>Null: it is a document.</summary>
    /// <param name="anyRoot">Need not be an object, but all else that a document is.</param>
    public static DocumentFault? FindFault(ReadOnlySpan<byte> body, int maxDepth, bool anyRoot = false)
    {
        if (body.IsEmpty)
        {
            return new(anyRoot ? "The body is empty." : "The body is empty; a document is a JSON object.", 0, "");
        }

        if (body.StartsWith(Encoding.UTF8.Preamble))
        {
            return new("JSON does not begin with a byte order mark (RFC 8259 §8.1).", 0, "");
        }

        if (Utf8.IsValid(body))
        {
            return new DocumentCheck(body, maxDepth, whole: true, anyRoot).Walk(body);
        }

        // What stands before the bad byte is looked at too: it may be wrong earlier, and it gives the path.
        var valid = LengthOfValidText(body);
        var check = new DocumentCheck(body[..valid], maxDepth, whole: false, anyRoot);
        return check.Walk(body) ?? new("The body is not valid UTF-8.", valid, check._path.ToString());
    }

    private DocumentFault? Walk(ReadOnlySpan<byte> body)
    {
        try
        {
            while (_reader.Read())
            {
                if (LookAtToken() is { } detail)
                {
                    return new(detail, _reader.TokenStartIndex, _path.ToString());
                }
            }

            return null;
        }
        catch (JsonException e)
        {
            return new($"The body is not valid JSON: {Reason(e)}", OffsetOf(e, body), _path.ToString());
        }
    }

    /// <summary>What is wrong with it, or null.</summary>
    private string? LookAtToken()
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                return LookAtName();
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                _path.Leave();
                return null;
        }

        if (_path.Depth == 0 && !_anyRoot && _reader.TokenType != JsonTokenType.StartObject)
        {
            return "A document is a JSON object, in braces.";
        }

        _path.NextValue();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject or JsonTokenType.StartArray when _path.Depth == _maxDepth:
                return _anyRoot
                    ? $"The body has more than {_maxDepth} levels; Documents:MaxDepth bounds the documents in it."
                    : $"The document has more than {_maxDepth} levels (Documents:MaxDepth).";
            case JsonTokenType.StartObject:
                _path.EnterObject();
                return null;
            case JsonTokenType.StartArray:
                _path.EnterArray();
                return null;
            case JsonTokenType.String when _reader.ValueIsEscaped && !TryRead(out _):
                return HalfAPair;
            default:
                return null;
        }
    }

    private string? LookAtName()
    {
        if (!TryRead(out var name))
        {
            return HalfAPair;
        }

        return _path.NextName(name) ? null : "The object has this key twice. Send it once: readers disagree about which one counts.";
    }

    private const string HalfAPair = "A \\u escape is half of a surrogate pair: no UTF-8 text can hold it.";

    private bool TryRead(out string text)
    {
        try
        {
            text = _reader.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }

    private static int LengthOfValidText(ReadOnlySpan<byte> body)
    {
        var valid = 0;
        while (Rune.DecodeFromUtf8(body[valid..], out _, out var length) == OperationStatus.Done)
        {
            valid += length;
        }

        return valid;
    }

    /// <summary>The reader counts lines; a JSON text has no line feed but between its tokens.</summary>
    private static long OffsetOf(JsonException e, ReadOnlySpan<byte> body)
    {
        var start = 0;
        for (var line = e.LineNumber ?? 0; line > 0; line--)
        {
            start += body[start..].IndexOf((byte)'\n') + 1;
        }

        return Math.Min(start + (e.BytePositionInLine ?? 0), body.Length);
    }

    /// <summary>
    /// Without the position that the reader appends, for ours is in members of its own, and without its advice to
    /// programmers.
    /// </summary>
    private static string Reason(JsonException e)
    {
        if (e.Message.StartsWith("Expected depth to be zero", StringComparison.Ordinal))
        {
            return "it ends inside an object or an array.";
        }

        string[] asides = [" LineNumber:", " which is not supported in this mode.", " that is not supported in this mode.", " Change the reader options."];
        var end = asides.Select(aside => e.Message.IndexOf(aside, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(e.Message.Length).Min();
        return e.Message[..end].TrimEnd('.') + ".";
    }
}
