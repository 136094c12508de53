namespace RestReplicas.Protocol.Tests.Simulation.Checks;

/// <summary>
/// Invariant 12: no disk votes twice in a term, and nothing counts but what disks of the configuration have really
/// saved: votes for an election, entries for a commit.
/// </summary>
internal sealed class CountedDisks
{
    private readonly Dictionary<(DiskId Disk, Term Term), DiskId> _votes = [];
    private readonly Dictionary<(DiskId Disk, Term Term), long> _saved = [];

    public void Voted(DiskId disk, Term oldTerm, DiskId? oldVote, HardState hard)
    {
        if (hard.VotedFor is not { } candidate)
        {
            if (oldVote is not null && oldTerm == hard.Term)
            {
                throw new ViolationException(12, $"disk {disk} takes its vote in term {hard.Term} back");
            }

            return;
        }

        if (!_votes.TryAdd((disk, hard.Term), candidate) && _votes[(disk, hard.Term)] != candidate)
        {
            throw new ViolationException(12, $"disk {disk} votes twice in term {hard.Term}");
        }
    }

    public void Saved(DiskId disk, Position last)
    {
        var key = (disk, last.Term);
        _saved[key] = Math.Max(last.Index, _saved.GetValueOrDefault(key));
    }

    /// <summary>Votes on the disks of the configuration in force; a founder's configuration names all of them.</summary>
    public void Elected(DiskId leader, ReplicaView view)
    {
        var configuration = view.Configuration!;
        var votes = configuration.Voters.Count(v =>
            _votes.TryGetValue((v.Disk, view.Term), out var candidate) && candidate == leader);
        var needed = view.Last.Index == 1 ? configuration.Voters.Count : configuration.Majority;
        if (votes < needed)
        {
            throw new ViolationException(12, $"{leader} leads term {view.Term} with {votes} of {needed} saved votes");
        }
    }

    public void Committed(Position position, Configuration configuration)
    {
        // Committed by counting, or beneath an entry of a later term that was: any term's copy that reaches it holds it.
        var copies = configuration.Voters.Count(v => _saved.Any(s =>
            s.Key.Disk == v.Disk && s.Key.Term >= position.Term && s.Value >= position.Index));
        if (copies < configuration.Majority)
        {
            throw new ViolationException(12, $"{position} is committed with {copies} saved copies of {configuration.Majority}");
        }
    }
}
