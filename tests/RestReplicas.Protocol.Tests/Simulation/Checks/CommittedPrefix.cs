namespace RestReplicas.Protocol.Tests.Simulation.Checks;

/// <summary>
/// Invariant 3: a committed entry is in the log of every later leader, and applied prefixes never differ; with it
/// invariant 7 (a position read never hides a lost write) and the lasting half of 5 (what is acknowledged is committed).
/// </summary>
internal sealed class CommittedPrefix
{
    private readonly List<Position> _committed = [Position.Zero];
    private readonly Dictionary<long, ulong> _digests = [];

    public bool IsFounded => _committed.Count > 1;

    public void Committed(SimNode node, ReplicaView view, CountedDisks disks)
    {
        for (var index = Math.Min(node.CommitSeen, _committed.Count - 1) + 1; index <= view.Commit; index++)
        {
            var position = node.PositionAt(index);
            if (index == _committed.Count)
            {
                _committed.Add(position);
                disks.Committed(position, view.Configuration!);
            }
            else if (_committed[(int)index] != position)
            {
                throw new ViolationException(3, $"{node} commits {position}, but {_committed[(int)index]} was committed");
            }
        }

        node.CommitSeen = view.Commit;
    }

    public void Elected(SimNode node, ReplicaView view)
    {
        var last = _committed[^1];
        if (last.Term < view.Term && (view.Last.Index < last.Index || node.PositionAt(last.Index) != last))
        {
            throw new ViolationException(3, $"{node} leads term {view.Term} without {last}, which was committed");
        }
    }

    public void Applied(SimNode node, Entry entry, SimState state)
    {
        if (entry.Index >= _committed.Count || _committed[(int)entry.Index] != entry.Position)
        {
            throw new ViolationException(3, $"{node} applies {entry.Position}, which is not committed");
        }

        if (!state.Scarred && !_digests.TryAdd(entry.Index, state.Digest) && _digests[entry.Index] != state.Digest)
        {
            throw new ViolationException(3, $"{node} has another state at {entry.Position} than others had");
        }
    }

    public void Acknowledged(Position position)
    {
        if (position.Index >= _committed.Count || _committed[(int)position.Index] != position)
        {
            throw new ViolationException(5, $"{position} was acknowledged, but is not committed");
        }
    }

    /// <summary>The node has applied the asked index: what it says of the position must be true.</summary>
    public void ReadAt(SimNode node, Position asked)
    {
        var saysLost = node.PositionAt(asked.Index) != asked;
        var isLost = _committed[(int)asked.Index] != asked;
        if (saysLost != isLost)
        {
            throw new ViolationException(7, $"{node} says that {asked} is {(saysLost ? "lost" : "there")}, and it is not");
        }
    }
}
