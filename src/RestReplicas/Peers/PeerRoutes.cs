using RestReplicas.Protocol;

namespace RestReplicas.Peers;

/// <summary>Which question goes where, and what kind of answer it has.</summary>
internal static class PeerRoutes
{
    public const string Append = "/peer/append";
    public const string PreVote = "/peer/pre-vote";
    public const string Vote = "/peer/vote";
    public const string ReadIndex = "/peer/read-index";
    public const string Transfer = "/peer/transfer";
    public const string Announce = "/peer/announce";
    public const string Status = "/peer/status";

    private const string Snapshots = "/peer/snapshots/";
    private const string Entries = "/peer/entries/";

    public static string Snapshot(Guid id) => $"{Snapshots}{id:N}";

    /// <summary>Null: this is the way to something else.</summary>
    public static Guid? SnapshotAt(string? path) =>
        path?.StartsWith(Snapshots, StringComparison.Ordinal) == true && Guid.TryParseExact(path.AsSpan(Snapshots.Length), "N", out var id) ? id : null;

    public static string Entry(Position position) => $"{Entries}{position}";

    /// <summary>Null: this is the way to something else.</summary>
    public static Position? EntryAt(string? path) =>
        path?.StartsWith(Entries, StringComparison.Ordinal) == true && Position.TryParse(path.AsSpan(Entries.Length), out var position) ? position : null;

    public static string For(Request request) => request switch
    {
        AppendRequest => Append,
        VoteRequest { PreVote: true } => PreVote,
        VoteRequest => Vote,
        ReadIndexRequest => ReadIndex,
        TransferRequest => Transfer,
        AnnounceRequest => Announce,
        _ => throw new InvariantBrokenException($"a request that has a route, not {request.GetType().Name}"),
    };

    public static bool Answers(Request request, Response response) => (request, response) switch
    {
        (_, RefusedResponse) => true,
        (AppendRequest, AppendResponse) => true,
        (VoteRequest asked, VoteResponse answered) => asked.PreVote == answered.PreVote,
        (ReadIndexRequest, ReadIndexResponse) => true,
        (TransferRequest, TransferResponse) => true,
        (AnnounceRequest, AnnounceResponse) => true,
        _ => false,
    };
}
