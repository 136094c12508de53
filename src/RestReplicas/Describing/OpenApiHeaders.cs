using Microsoft.OpenApi;
using RestReplicas.Documents;

namespace RestReplicas.Describing;

/// <summary>The headers that an answer may have: its route's own, and those of all answers of its kind.</summary>
public static class OpenApiHeaders
{
    /// <summary>Once in the document, and referred to from every answer that may have it.</summary>
    private static readonly (HeaderNote Note, Func<AnswerKind, bool> Comes)[] Shared =
    [
        (new(ReplicaHeaders.NodeName, "Who answered.", "n2"), answer => answer.Notes.IsReplicated),
        (new(ReplicaHeaders.Role, "As what: leader, follower or learner.", "follower"), answer => answer.Notes.IsReplicated),
        (new(ReplicaHeaders.Position, "Of the write, or of the state that was read.", "7.48213"), answer => answer.HasPosition),
        (new(ReplicaHeaders.Staleness, "Seconds: every write acknowledged earlier than that is in the answer; or unknown.", "0.042"), answer => answer.Notes.IsReplicated),
        (new("Age", "Replica-Staleness, rounded up to whole seconds.", "1"), answer => answer.WasRead),
        (new(ReplicaHeaders.Leader, "The leader's public URL, if one is known.", "http://127.0.0.1:8081"), answer => answer.Notes.IsReplicated),
        (new(ReplicaHeaders.Acks, "Voters known to have the write on disk, of all.", "2/3"), answer => answer.WasDecided),
        (new("Idempotency-Replayed", "true: the first request with this key did it, and this was its outcome.", "true"), answer => answer.WasDecided && answer.Status != 202),
        (new("Set-Cookie", "The newest position that the client has seen; Secure where X-Forwarded-Proto says https.", "replica-position=7.48213.5f0c2f4e9a7b4f0e8d1c6b5a49382716; path=/v1; samesite=lax; httponly"), answer => answer.MovesSession),
        (new("Cache-Control", "no-cache for what was read, with private where it sets a cookie; no-store for everything else.", "no-cache"), answer => answer.Notes.IsReplicated || answer.IsRead || answer.Status >= 300),
        (new("Via", "The node that relayed the request to the leader, whose answer this is.", "1.1 n2"), answer => answer.Notes.Answers.ContainsKey(307) && answer.Status != 307),
    ];

    /// <summary>All that is known of whoever asks for what is no request (<see cref="Unreadable"/>).</summary>
    private static readonly string[] OfUnreadable = [ReplicaHeaders.NodeName, "Cache-Control"];

    public static Dictionary<string, IOpenApiHeader> Of(AnswerKind answer, IEnumerable<HeaderNote> own, OpenApiDocument document)
    {
        var ofRoute = answer.Notes.Headers.Where(h => h.On is [] ? answer.Status != 500 : h.On.Contains(answer.Status));
        var headers = own.Concat(ofRoute).ToDictionary(h => h.Name, IOpenApiHeader (h) => Header(h));
        foreach (var (note, _) in Shared.Where(shared => shared.Comes(answer)))
        {
            headers[note.Name] = Reference(note, document);
        }

        return headers;
    }

    public static Dictionary<string, IOpenApiHeader> Unread(OpenApiDocument document) =>
        Shared.Where(shared => OfUnreadable.Contains(shared.Note.Name)).ToDictionary(shared => shared.Note.Name, IOpenApiHeader (shared) => Reference(shared.Note, document));

    private static OpenApiHeaderReference Reference(HeaderNote note, OpenApiDocument document)
    {
        document.AddComponent(note.Name, Header(note));
        return new OpenApiHeaderReference(note.Name, document);
    }

    private static OpenApiHeader Header(HeaderNote note) => new()
    {
        Description = note.Description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = System.Text.Json.Nodes.JsonValue.Create(note.Example),
    };
}

/// <summary>An answer of a route, as far as its headers depend on it.</summary>
/// <param name="HasSessions">This node's answers set the session cookie.</param>
public readonly record struct AnswerKind(RouteNotes Notes, bool IsRead, int Status, bool HasSessions)
{
    /// <summary>The state was looked at, whatever came of that; a read's conditions are judged on what was found.</summary>
    public bool WasRead => Notes.IsReplicated && IsRead
        && (Status is < 300 or 304 or 404 or 406 or 409 or 410 or 412 or 422
            || (Status == 307 && Notes.LooksFirst)
            || (Status == 400 && Notes.Parameters.Contains(SharedNotes.IfMatch)));

    /// <summary>The write is in the log, whatever it came to there. Of those that are too many, only what was tried in vain is.</summary>
    public bool WasDecided => Notes.IsReplicated && !IsRead
        && (Status is < 300 or 404 or 409 or 412 or 422 or 504 || (Status == 429 && TriedInVain(Notes)));

    /// <summary>A read that is refused tells of the state here; a write has none until it is in a log, be it in vain (503).</summary>
    public bool HasPosition => Notes.IsReplicated && (IsRead || WasDecided || Status == 503);

    public bool MovesSession => HasSessions && !Notes.IsOutOfSession && (WasRead || WasDecided);

    private static bool TriedInVain(RouteNotes notes) => notes.Problems.Any(p => p is { Status: 429, Position: not null });
}
