namespace RestReplicas.Protocol.Tests.Scenarios;

/// <summary>What replicas do, in words. Null: routine (heartbeats, renewals), which a story leaves out.</summary>
internal static class Wording
{
    public static string? Of(Effect effect, Func<DiskId, string> disk) => effect switch
    {
        Save save => "saves " + string.Join(", ", Parts(save, disk)),
        Send send => Of(send.Request) is { } request ? $"→ {send.To}: {request}" : null,
        Apply apply => $"applies through {apply.Through}",
        Proposed proposed => $"takes the write{(proposed.Count > 1 ? "s" : "")} as {Range(proposed.First, proposed.Count)}",
        NotProposed => "takes no write",
        TransferRefused refused => $"refuses to go: {refused.Why}",
        VotersChanged changed => $"changes the voters as {changed.Position}",
        VotersRefused refused => $"refuses to change the voters: {refused.Why}",
        ReadConfirmed read => $"read {read.Id} is current from index {read.Index} on",
        ReadFailed read => $"read {read.Id} cannot be confirmed",
        LeaseCall.Acquire => "asks for the lease",
        LeaseCall.Replace replace => $"replaces the lease {replace.Token}",
        LeaseCall.Release release => $"releases the lease {release.Token}",
        LeaseCall.Renew => null,
        Probe => null,
        Reply => null, // told with its receiver, who is not in the effect
        _ => throw new InvalidOperationException($"no words for {effect}"),
    };

    public static string? Of(Response response) => response switch
    {
        RefusedResponse refused => $"refused: {refused.Why}, term {refused.Header.Term}",
        AppendResponse { Matched: true } append => $"has {append.Acknowledged}",
        AppendResponse append => $"does not match; perhaps at {append.Acknowledged}",
        VoteResponse { Refusal: { } why } => $"refused: {why}",
        VoteResponse vote => $"{(vote.PreVote ? "pre-vote" : "vote")} granted{(vote.EmptyDisk ? ", disk empty" : "")}",
        ReadIndexResponse read => read.Index is { } index ? $"current from index {index} on" : "not confirmed",
        TransferResponse transfer => transfer.Obeyed ? "obeys" : "does not obey",
        AnnounceResponse announce => announce.Leader is { } leader ? $"{leader} leads" : "hears no leader either",
        _ => throw new InvalidOperationException($"no words for {response}"),
    };

    public static string? Of(LeaseAnswer answer, string? holding) => answer switch
    {
        LeaseAnswer.Granted granted => granted.Token == holding ? null : $"has the lease {granted.Token}",
        LeaseAnswer.HeldByOther held => $"hears from Redis: {held.Token} has the lease",
        LeaseAnswer.Lost => "hears from Redis: lost",
        _ => "hears nothing from Redis",
    };

    private static string? Of(Request request) => request switch
    {
        AppendRequest { Entries.Count: 0 } => null,
        AppendRequest append =>
            $"append {Range(append.Entries[0].Position, append.Entries.Count)} after {append.Previous}, commit {append.Commit}",
        VoteRequest vote => (vote.PreVote ? "pre-vote" : "vote") + $" for term {vote.Header.Term}? log ends at {vote.Last}"
            + (vote.Founding is null ? "" : ", founding") + (vote.Ordered ? ", ordered" : ""),
        ReadIndexRequest => "from which index on is a read current?",
        TransferRequest transfer => $"campaign at {transfer.Last}!",
        AnnounceRequest => "here I am",
        _ => throw new InvalidOperationException($"no words for {request}"),
    };

    private static IEnumerable<string> Parts(Save save, Func<DiskId, string> disk)
    {
        if (save.Hard is { } hard)
        {
            yield return $"term {hard.Term}" + (hard.VotedFor is { } vote ? $", vote for {disk(vote)}" : "");
        }

        if (save.RemoveFrom is { } first)
        {
            yield return $"nothing from {first} on";
        }

        if (save.Entries.Count > 0)
        {
            yield return Range(save.Entries[0].Position, save.Entries.Count)
                + (save.Entries[0].Kind == EntryKind.Command ? "" : $" ({save.Entries[0].Kind})".ToLowerInvariant());
        }
    }

    private static string Range(Position first, int count) =>
        count == 1 ? $"{first}" : $"{first}..{first.Index + count - 1}";
}
