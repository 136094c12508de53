namespace RestReplicas.Protocol.Tests.Simulation.Checks;

/// <summary>Invariant 4: the term never goes back on a disk, nor commit and applied index within a process, nor below the base.</summary>
internal sealed class NothingGoesBack
{
    private readonly Dictionary<int, (Term Term, long Commit, long Applied)> _processes = [];

    public static void OnDisk(DiskId disk, Term old, HardState hard)
    {
        if (hard.Term < old)
        {
            throw new ViolationException(4, $"disk {disk} goes back from term {old} to {hard.Term}");
        }
    }

    public void Stepped(int process, ReplicaView view)
    {
        var (term, commit, applied) = _processes.GetValueOrDefault(process);
        if (view.Term < term || view.Commit < commit || view.Applied < applied || view.Applied > view.Commit || view.Applied < view.Base)
        {
            throw new ViolationException(
                4, $"process {process} went from {(term, commit, applied)} to {(view.Term, view.Commit, view.Applied)}, base {view.Base}");
        }

        _processes[process] = (view.Term, view.Commit, view.Applied);
    }
}
