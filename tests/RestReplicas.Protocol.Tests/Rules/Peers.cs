using System.Globalization;

namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>What n2, n3, … say to the replica on the bench, in the fewest words.</summary>
internal static class Peers
{
    public static NodeName Name(int number) => new($"n{number}");

    public static int Number(NodeName name) => int.Parse(name.Value.AsSpan(1), CultureInfo.InvariantCulture);

    public static DiskId Disk(int number) => new(new(number, 0, 0, new byte[8]));

    public static Position At(long term, long index) => new(new(term), index);

    public static Header Header(int from, long term, int? disk = null) =>
        new(Name(from), Disk(disk ?? from), Bench.Cluster, new(term));

    public static Entry Entry(long term, long index, long timestamp = 5) =>
        Protocol.Entry.Create(At(term, index), EntryKind.Command, timestamp, new byte[] { 1 });

    /// <summary>Entries after <paramref name="previous"/>, one for each of <paramref name="terms"/>.</summary>
    public static AppendRequest Append(int from, long term, Position previous, long[] terms, long commit = 0, Echo? echo = null) => new(
        Header(from, term),
        new($"http://n{from}", $"http://n{from}:9"),
        previous,
        [.. terms.Select((t, i) => Entry(t, previous.Index + 1 + i))],
        commit,
        echo,
        LeaseToken: null);

    public static AppendRequest Heartbeat(
        int from, long term, Position previous = default, long commit = 0, Echo? echo = null, string? token = null) =>
        Append(from, term, previous, [], commit, echo) with { LeaseToken = token };

    public static VoteRequest AskForVote(int from, long term, Position last, int? disk = null) =>
        new(Header(from, term, disk), PreVote: false, last, Founding: null);

    public static VoteRequest AskForPreVote(int from, long term, Position last, int? disk = null) =>
        AskForVote(from, term, last, disk) with { PreVote = true };

    /// <summary>An empty disk asks to found the cluster of n1, n2 and n3, or of others.</summary>
    public static VoteRequest AskToFound(int from, long term, params int[] voters) => new(
        Header(from, term) with { Cluster = null },
        PreVote: false,
        Position.Zero,
        [.. (voters.Length > 0 ? voters : [1, 2, 3]).Select(Name)]);

    /// <summary>Yes. A pre-voter is still in the term before; a founder's voters have empty disks.</summary>
    public static VoteResponse Grant(int from, Send asked, long wall = 0)
    {
        var request = (VoteRequest)asked.Request;
        var term = request.Header.Term.Value - (request.PreVote ? 1 : 0);
        var empty = request.Founding is not null;
        return new(
            Header(from, term) with { Cluster = empty ? null : Bench.Cluster },
            wall,
            request.PreVote,
            Refusal: null,
            TimeSpan.Zero,
            EmptyDisk: empty,
            OmitsCandidate: false);
    }

    public static VoteResponse Refuse(int from, Send asked, VoteRefusal why, int silence = 0) =>
        Grant(from, asked) with { Refusal = why, Silence = TimeSpan.FromMilliseconds(silence), EmptyDisk = false };

    /// <summary>All of that message is on this disk. A batch is taken to have been filled up to its last index.</summary>
    public static AppendResponse Matched(int from, Send asked, Moment now, int? disk = null)
    {
        var append = (AppendRequest)asked.Request;
        var index = Math.Max(append.Previous.Index, asked.Through);
        return new(
            Header(from, append.Header.Term.Value, disk),
            now.Wall,
            Matched: true,
            new(index == append.Previous.Index ? append.Previous.Term : append.Header.Term, index),
            new((ulong)(disk ?? from), now),
            new($"http://n{from}", $"http://n{from}:9"),
            StateReport.Nothing);
    }

    public static AppendResponse Mismatch(int from, Send asked, Moment now, Position hint, int? disk = null) =>
        Matched(from, asked, now, disk) with { Matched = false, Acknowledged = hint };

    /// <summary>A node of this cluster, or (cluster unknown) a new one, says where it is.</summary>
    public static AnnounceRequest Announce(int from, long term = 0, int? disk = null, bool blank = true) => new(
        Header(from, term, disk) with { Cluster = blank ? null : Bench.Cluster },
        new($"http://n{from}", $"http://n{from}:9"));

    public static bool AsksForVote(Effect effect) => effect is Send { Request: VoteRequest };

    /// <summary>Whoever hears no leader says where it is, whatever else it may do or leave.</summary>
    public static IEnumerable<Effect> ButAnnouncements(this IEnumerable<Effect> effects) =>
        effects.Where(e => e is not Send { Request: AnnounceRequest });

    public static RefusedResponse OlderTerm(int from, long term) => new(Header(from, term), 0, RequestRefusal.OlderTerm);
}
