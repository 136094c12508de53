namespace RestReplicas.Protocol.Tests.Simulation.Checks;

/// <summary>Invariant 1: at most one leader per term.</summary>
internal sealed class OneLeaderPerTerm
{
    private readonly Dictionary<Term, DiskId> _leaders = [];

    /// <summary>True the first time that this leader is seen.</summary>
    public bool IsNew(DiskId disk, Term term)
    {
        if (_leaders.TryGetValue(term, out var other))
        {
            return other == disk ? false : throw new ViolationException(1, $"{other} and {disk} lead in term {term}");
        }

        _leaders.Add(term, disk);
        return true;
    }
}
