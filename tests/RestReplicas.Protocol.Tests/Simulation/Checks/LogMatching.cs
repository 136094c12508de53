namespace RestReplicas.Protocol.Tests.Simulation.Checks;

/// <summary>
/// Invariant 2: two logs that agree at (index, term) agree before it. By induction it is enough that every position
/// has one content and one predecessor, wherever it is appended.
/// </summary>
internal sealed class LogMatching
{
    private readonly Dictionary<Position, (uint Checksum, Position Previous)> _seen = [];

    public void Appended(Entry entry, Position previous)
    {
        if (!_seen.TryAdd(entry.Position, (entry.Checksum, previous)) && _seen[entry.Position] != (entry.Checksum, previous))
        {
            throw new ViolationException(2, $"{entry.Position} has two contents or two predecessors");
        }
    }
}
