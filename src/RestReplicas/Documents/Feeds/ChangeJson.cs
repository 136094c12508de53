using System.Text.Json;
using RestReplicas.Storage;

namespace RestReplicas.Documents.Feeds;

/// <summary>One event of the feed: all that one entry changed, or what of it is in one collection.</summary>
internal static class ChangeJson
{
    public static Committed? Of(Committed committed, string? collection)
    {
        if (collection is null || committed.Changes.All(change => change.Collection == collection))
        {
            return committed;
        }

        var changes = committed.Changes.Where(change => change.Collection == collection).ToList();
        return changes.Count == 0 ? null : committed with { Changes = changes };
    }

    /// <summary>The members of its object.</summary>
    public static void Write(Utf8JsonWriter json, Committed committed, bool withDocuments)
    {
        var position = committed.At.ToString();
        var time = Rfc3339.Of(committed.UpdatedAt);
        json.WriteString("position", position);
        json.WriteStartArray("changes");
        foreach (var change in committed.Changes)
        {
            json.WriteStartObject();
            json.WriteString("collection", change.Collection);
            json.WriteString("id", change.Id);
            json.WriteString("kind", Kind(change.Result));
            json.WriteString("version", position);
            json.WriteString("updatedAt", time);
            if (withDocuments && change.Result != ChangeResult.Deleted)
            {
                json.WritePropertyName("document");
                json.WriteRawValue(change.Body.Span, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Kind(ChangeResult result) => result switch
    {
        ChangeResult.Created => "created",
        ChangeResult.Replaced => "replaced",
        _ => "deleted",
    };
}
