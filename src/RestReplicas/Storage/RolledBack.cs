using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// Commands that a later leader's log does not have, kept for people (protocol.md §6): one file per removed suffix, named
/// after its first position, one line of JSON per command. None of them was ever acknowledged at <c>majority</c>.
/// </summary>
internal static class RolledBack
{
    private static readonly JsonWriterOptions _style = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Synced when this returns. Returns how many commands there were; none: no file.</summary>
    public static long Write(string directory, IEnumerable<Entry> removed)
    {
        FileStream? stream = null;
        var file = "";
        long commands = 0;
        try
        {
            foreach (var entry in removed)
            {
                if (entry.Kind != EntryKind.Command)
                {
                    continue;
                }

                if (stream is null)
                {
                    file = Path.Combine(directory, $"{entry.Position}.jsonl");
                    stream = new(file + ".new", FileMode.Create, FileAccess.Write, FileShare.None);
                }

                stream.Write(Line(entry));
                commands++;
            }

            stream?.Flush(flushToDisk: true);
        }
        finally
        {
            stream?.Dispose();
        }

        if (commands > 0)
        {
            Directories.Commit(file + ".new", file);
        }

        return commands;
    }

    private static byte[] Line(Entry entry)
    {
        try
        {
            return Line(entry, json => WriteChanges(json, CommandCodec.Decode(entry.Payload)));
        }
        catch (Exception e) when (e is InvariantBrokenException or ArgumentException)
        {
            // Not a command that this version understands, or its body is not text: kept as it is.
            return Line(entry, json => json.WriteBase64String("payload", entry.Payload.Span));
        }
    }

    private static byte[] Line(Entry entry, Action<Utf8JsonWriter> write)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line, _style))
        {
            json.WriteStartObject();
            json.WriteString("position", entry.Position.ToString());
            json.WriteString("timestamp", Rfc3339.Of(entry.Timestamp));
            write(json);
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        return line.ToArray();
    }

    private static void WriteChanges(Utf8JsonWriter json, Command command)
    {
        if (command.Key is { } key)
        {
            json.WriteString("idempotencyKey", key.Value);
        }

        json.WriteStartArray("changes");
        foreach (var change in command.Changes)
        {
            json.WriteStartObject();
            json.WriteString("change", change switch
            {
                Change.Put => "put",
                Change.Delete => "delete",
                Change.PutIndex => "putIndex",
                Change.DeleteIndex => "deleteIndex",
                _ => "check",
            });
            json.WriteString("collection", change.Collection);
            json.WriteString("id", change.Id);
            WriteCondition(json, change.Condition);
            if (change is Change.Put put)
            {
                // A string: as JSON inside JSON it would not stay on one line, nor what the client sent.
                json.WriteString("body", put.Body.Span);
            }
            else if (change is Change.PutIndex index)
            {
                json.WriteString("path", index.Path);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCondition(Utf8JsonWriter json, Condition? condition)
    {
        switch (condition)
        {
            case Condition.Absent:
                json.WriteString("ifNoneMatch", "*");
                break;
            case Condition.Present:
                json.WriteString("ifMatch", "*");
                break;
            case Condition.AsSeen { Version: { } seen }:
                json.WriteString("ifMatch", $"\"{seen}\"");
                break;
            case Condition.AtVersion at:
                json.WriteString("ifMatch", string.Join(", ", at.Versions.Select(v => $"\"{v}\"")));
                break;
            default:
                break;
        }
    }
}
