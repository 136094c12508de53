namespace RestReplicas.Protocol;

/// <summary>All that a replica may ask of the world. Effects are carried out in the order given.</summary>
public abstract record Effect;

/// <summary>
/// Save durably (synced), then answer with <see cref="Saved"/>. Saves complete in order and may be grouped. When one
/// fails, the node starts a new replica from what the file holds.
/// </summary>
/// <param name="Hard">Term and vote, if they changed.</param>
/// <param name="RemoveFrom">First index of a conflicting suffix to remove before appending; its commands go to rolled-back/.</param>
/// <param name="Entries">To append, consecutive.</param>
public sealed record Save(long Ticket, HardState? Hard, long? RemoveFrom, IReadOnlyList<Entry> Entries) : Effect;

/// <summary>What must survive a crash beside the log. The vote is for a disk: a wiped candidate is another one.</summary>
public sealed record HardState(Term Term, DiskId? VotedFor);

/// <summary>
/// Send to a peer; ends in <see cref="Answered"/> or <see cref="Unanswered"/> with the sequence number. An append with
/// <paramref name="Through"/> above its previous index is a batch: fill in entries from there, as many as fit, up to
/// and including <paramref name="Through"/>; it may be retried. All else is sent once.
/// </summary>
public sealed record Send(NodeName To, long Sequence, Request Request, long Through = 0) : Effect
{
    public bool IsBatch => Request is AppendRequest append && Through > append.Previous.Index;
}

/// <summary>The answer to the <see cref="Asked"/> of that correlation.</summary>
public sealed record Reply(long Correlation, Response Response) : Effect;

/// <summary>Apply committed entries up to this index (all are saved), and say so with <see cref="Applied"/> as it goes.</summary>
public sealed record Apply(long Through) : Effect;

/// <summary>Remove the entries up to this index; all are applied here. Needs no answer, and may be carried out late.</summary>
public sealed record Trim(long Through) : Effect;

/// <summary>Take a snapshot of the state applied by now or later, beside the writing. At most one is asked for at a time.</summary>
public sealed record TakeSnapshot : Effect;

/// <summary>
/// Fetch the snapshot from that peer, going on where an earlier attempt at the same one ended. A newer order replaces
/// the one under way.
/// </summary>
public sealed record FetchSnapshot(NodeName From, Snapshot Snapshot) : Effect;

/// <summary>
/// Put the fetched snapshot in place of log and state, as a new generation that keeps this disk's id and promises, and
/// start a new replica from it: this one ends here. No save is under way.
/// </summary>
/// <param name="Hard">Term and vote of this moment.</param>
/// <param name="KeepsLog">The log here holds the snapshot's position: its entries after that stay.</param>
public sealed record InstallSnapshot(Snapshot Snapshot, HardState Hard, bool KeepsLog) : Effect;

/// <summary>Set this disk's file aside and start a new replica on a new disk, marked as a replacement: this one ends here.</summary>
public sealed record SetDiskAside(string Why) : Effect;

/// <summary>Remember, across restarts and until a snapshot has replaced it, that the state here is not to be trusted.</summary>
public sealed record MarkDamaged(string Why) : Effect;

/// <summary>The proposal's entries have positions: <paramref name="First"/> and the ones after it.</summary>
public sealed record Proposed(Position First, int Count) : Effect;

/// <summary>This replica does not lead, or does not serve yet; nothing was appended.</summary>
public sealed record NotProposed : Effect;

/// <summary>There is nobody to hand leadership to, or nothing to hand over.</summary>
public sealed record TransferRefused(string Why) : Effect;

/// <summary>The change is in the log at this position; it is done when that is committed.</summary>
public sealed record VotersChanged(Position Position) : Effect;

public sealed record VotersRefused(string Why) : Effect;

/// <summary>Serve the read from a state that has applied <paramref name="Index"/>.</summary>
public sealed record ReadConfirmed(long Id, long Index) : Effect;

/// <summary>Leadership could not be confirmed; asking again is safe.</summary>
public sealed record ReadFailed(long Id) : Effect;

/// <summary>A call to Redis. At most one is under way; each but <see cref="Release"/> ends in a <see cref="LeaseAnswer"/>.</summary>
public abstract record LeaseCall : Effect
{
    /// <summary>Take the lease if nobody holds it.</summary>
    public sealed record Acquire : LeaseCall;

    /// <summary>Prolong our own lease; on a server where the key is absent, set it again.</summary>
    public sealed record Renew(string Token) : LeaseCall;

    /// <summary>Take the lease from whoever holds it with this token (compare-and-set); absent counts as equal.</summary>
    public sealed record Replace(string Token) : LeaseCall;

    /// <summary>Give our lease back, and publish that.</summary>
    public sealed record Release(string Token) : LeaseCall;
}

/// <summary>Try a TCP connection to the peer's port; only a refusal is reported (<see cref="ConnectionRefused"/>).</summary>
public sealed record Probe(NodeName Peer) : Effect;
