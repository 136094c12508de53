namespace RestReplicas.Protocol.Tests.Simulation.Planting;

/// <summary>
/// A bug, as the smallest change that makes it. <paramref name="Find"/> must stand in the file: when the code moves on,
/// the fault moves with it or the test fails.
/// </summary>
/// <param name="Seed">Where the search begins; it goes on from there.</param>
internal sealed record PlantedFault(string Name, string File, string Find, string Replace, int Seed)
{
    public override string ToString() => Name;

    /// <summary>One for each rule that the simulator claims to check.</summary>
    public static readonly IReadOnlyList<PlantedFault> All =
    [
        // Votes.
        new("a vote is given before it is saved", "Replica.Follower.cs", "AnswerWhenSaved(new(ticket, _term, correlation, () => new VoteResponse", "AnswerWhenSaved(new(0, _term, correlation, () => new VoteResponse", 2),
        new("a candidate does not wait for its own vote", "Replica.Candidate.cs", "RaiseTerm(_term.Next, _disk);", "RaiseTerm(_term.Next, _disk); Ask(preVote: false); CountBallots();", 4),
        new("a voter votes twice in a term", "Replica.Follower.cs", "candidate.Term == _term && _votedFor is { } voted && voted != candidate.Disk", "false", 6),
        new("a voter forgets what its log has", "Replica.Follower.cs", ": request.Last < _log.Last ? VoteRefusal.LogBehind", "", 1),
        new("a message of an older term is taken", "Replica.cs", "if (sender.Term < _term)", "if (false)", 20),

        // Saving and acknowledging.
        new("an append is acknowledged before it is saved", "Replica.Follower.cs", "AnswerAppend(correlation, ticket, matched: true, () => PositionAt(Math.Min(verified, _saves.SavedIndex)))", "AnswerAppend(correlation, _termTicket, matched: true, () => PositionAt(verified))", 1),
        new("a save under way counts for entries removed since", "Saves.cs", "save.Through = Math.Min(save.Through, first - 1);", ";", 16),
        new("removed entries still count as saved", "Saves.cs", "SavedIndex = Math.Min(SavedIndex, first - 1);", ";", 3),
        new("what is not saved here is applied", "Replica.Saving.cs", "Math.Min(_commit, _saves.SavedIndex)", "_commit", 1),

        // Committing and truncating.
        new("a follower commits beyond what the message verified", "Replica.Follower.cs", "Math.Min(append.Commit, verified)", "Math.Min(append.Commit, _log.LastIndex)", 5),
        new("entries are removed without a conflict", "Replica.Follower.cs", "while (known < entries.Count && _log.Contains(entries[known].Position))", "while (false)", 2),
        new("a mismatch teaches nothing", "Progress.cs", "Next = Math.Max(Match, log.LastAtOrBelow(response.Acknowledged).Index) + 1;", ";", 1),

        // Reading.
        new("a read is confirmed by messages from before it", "Replica.Reads.cs", "f => f.AnsweredSequence) > _confirmAfter", "f => f.AnsweredSequence) > -1", 187),
        new("a read joins a confirmation under way", "Replica.Reads.cs", "(_confirmAfter, _confirmIndex) = (_sequence, _commit);", "(_confirmAfter, _confirmIndex) = (_sequence - 12, _commit);", 62),
        new("a leader serves before its noop is applied", "Replica.Leader.cs", "_role == Role.Leader && _applied >= _noopIndex", "_role == Role.Leader", 15),

        // Staleness.
        new("a leader takes itself for fresh", "Replica.View.cs", "Serving && QuorumMoment is { } moment ? new(moment, TimeSpan.Zero)", "Serving && QuorumMoment is { } moment ? new(_now, TimeSpan.Zero)", 234),
        new("the quorum age is left out of the echo", "Replica.Leader.cs", "new(stamp, age)", "new(stamp, TimeSpan.Zero)", 2063),
        new("a stamp is echoed before the noop is applied", "Replica.Leader.cs", "Echo? echo = Serving && quorumAge", "Echo? echo = quorumAge", 160),
        new("a bound is used before its commit index is applied", "FreshnessBound.cs", "&& head.Commit <= applied", "", 1),

        // Idempotency, disks, members, lease.
        new("entries are dated by one clock", "Replica.Leader.cs", "Math.Max(_lastTimestamp, walls[(walls.Count - 1) / 2])", "Math.Max(_lastTimestamp, _now.Wall)", 149),
        new("a vote counts under any disk", "Campaign.cs", "configuration?.Names(voter, disk) ??", "configuration is not null ||", 68),
        new("an acknowledgement counts under any disk", "Replica.Leader.cs", "&& follower.Disk == voter.Disk && !follower.Forgot", "&& !follower.Forgot", 130),
        new("a majority founds", "Campaign.cs", "configuration?.Majority ?? voters.Count", "configuration?.Majority ?? (voters.Count / 2) + 1", 1),
        new("nobody stands when Redis stays silent", "Replica.Lease.cs", "now.Clock - since >= rules.GiveUpAfter", "now.Clock - since >= TimeSpan.FromDays(1)", 209),

        // Trimming, snapshots, damage.
        new("a log is trimmed beyond what is applied", "Replica.Snapshots.cs", "Math.Min(_applied, Math.Max(_bounds.Hard, Math.Min(through, pinned)))", "Math.Min(_log.LastIndex, Math.Max(_bounds.Hard + 20, Math.Min(through + 20, pinned)))", 1),
        new("what is trimmed is sent", "Replica.Leader.cs", "&& follower.Next > _log.Base", "", 1),
        new("a snapshot takes back what is committed", "Replica.Snapshots.cs", ": snapshot.At.Index > _commit && !_log.Contains(snapshot.At);", ": true;", 2),
        new("the leader's snapshot needs nobody's word", "Replica.Snapshots.cs", "_agreed >= snapshot.At.Index", "true", 158),
        new("a leader waits for its noop before it offers a snapshot", "Replica.Snapshots.cs", "_damaged is null && NeedsSnapshot(follower)", "Serving && NeedsSnapshot(follower)", 154),
        new("damage is not asked for", "Replica.Leader.cs", "CompareDigests(follower);", "", 361),
        new("a damaged leader stays", "Replica.Damage.cs", "f.Match == _log.LastIndex", "false", 27),
    ];
}
