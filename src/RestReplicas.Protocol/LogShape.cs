namespace RestReplicas.Protocol;

/// <summary>
/// Which term each index of a log has, as runs of equal terms: all of a log that the rules look at. Runs are kept for
/// ever (one per term), so that any old position can be judged; the entries themselves are kept after the base only.
/// </summary>
public sealed class LogShape
{
    private readonly List<(long First, Term Term)> _runs = [];

    public LogShape()
    {
    }

    /// <param name="runs">First index and term of every run, from index 1 on, oldest first.</param>
    /// <param name="lastIndex">Of the log; 0 while there are no runs.</param>
    /// <param name="base">The index before the first kept entry.</param>
    public LogShape(IEnumerable<(long First, Term Term)> runs, long lastIndex, long @base)
    {
        foreach (var (first, term) in runs)
        {
            Ensure.That(_runs.Count == 0 ? first == 1 : first > _runs[^1].First && term > _runs[^1].Term, "runs follow each other");
            _runs.Add((first, term));
        }

        Ensure.That(_runs.Count == 0 ? lastIndex == 0 : lastIndex >= _runs[^1].First, "the last run has an index");
        LastIndex = lastIndex;
        Trim(@base);
    }

    /// <summary>The index before the first kept entry; 0: everything is kept.</summary>
    public long Base { get; private set; }

    /// <summary>0 while the log is empty.</summary>
    public long LastIndex { get; private set; }

    public Position Last => _runs.Count == 0 ? Position.Zero : new(_runs[^1].Term, LastIndex);

    /// <summary>First index and term of every run, oldest first.</summary>
    public IReadOnlyList<(long First, Term Term)> Runs => _runs;

    /// <summary>The term at an index, or null beyond the end. Index 0 has term 0.</summary>
    public Term? TermAt(long index)
    {
        if (index > LastIndex || index < 0)
        {
            return null;
        }

        return index == 0 ? Term.Zero : _runs[RunAt(index)].Term;
    }

    public bool Contains(Position position) => TermAt(position.Index) == position.Term;

    public void Append(Position position)
    {
        Ensure.That(position.Index == LastIndex + 1, "entries are appended without gaps");
        Ensure.That(_runs.Count == 0 || position.Term >= _runs[^1].Term, "terms never fall along a log");
        if (_runs.Count == 0 || _runs[^1].Term != position.Term)
        {
            _runs.Add((position.Index, position.Term));
        }

        LastIndex = position.Index;
    }

    /// <summary>Forgets the entries up to this index; which terms they had stays known.</summary>
    public void Trim(long through)
    {
        Ensure.That(through >= Base && through <= LastIndex, "a base moves on, within the log");
        Base = through;
    }

    /// <summary>Removes this index and everything after it.</summary>
    public void RemoveFrom(long index)
    {
        Ensure.That(index > Base, "what is trimmed was committed, and is never removed");
        if (index > LastIndex)
        {
            return;
        }

        LastIndex = index - 1;
        while (_runs.Count > 0 && _runs[^1].First >= index)
        {
            _runs.RemoveAt(_runs.Count - 1);
        }
    }

    /// <summary>
    /// The last position at or below <paramref name="limit"/>, in index and in term: what two logs that disagree at
    /// <paramref name="limit"/> may still share. Skips whole terms. Example: terms 1 1 1 4 4, limit (2, index 5) → (1, index 3).
    /// </summary>
    public Position LastAtOrBelow(Position limit)
    {
        var index = Math.Min(limit.Index, LastIndex);
        if (index <= 0)
        {
            return Position.Zero;
        }

        for (var run = RunAt(index); run >= 0; run--)
        {
            if (_runs[run].Term <= limit.Term)
            {
                return new(_runs[run].Term, index);
            }

            index = _runs[run].First - 1;
        }

        return Position.Zero;
    }

    private int RunAt(long index)
    {
        int low = 0, high = _runs.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_runs[middle].First <= index)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }
}
