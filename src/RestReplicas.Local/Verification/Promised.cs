namespace RestReplicas.Local.Verification;

/// <summary>
/// Positions of a client's writes that nobody but a leader, or nobody at all, has answered for. When a later leader has
/// spoken, each is asked for some times: what it had not, must be said to be lost, by every node, every time.
/// </summary>
internal sealed class Promised
{
    private const int MostKept = 16;
    private const int Times = 4;

    /// <summary>Of a hundred turns without another leader.</summary>
    private const int NowAndThen = 4;

    private readonly List<(Spot At, int Left)> _kept = [];
    private long _term;

    public void Learn(Operation done)
    {
        if (done is { Asked: not Asked.LookUp, Ending: not Ending.Never, At: { } at } && at.Term > _term)
        {
            _term = at.Term;
        }

        if (done is { Writes: true, Ending: Ending.Unknown, At: { } open })
        {
            _kept.Add((open, Times));
            _kept.RemoveRange(0, Math.Max(0, _kept.Count - MostKept));
        }
    }

    /// <summary>What to ask for now: the youngest first, for it is the likeliest to be lost. Null: nothing.</summary>
    /// <param name="dice">0 to 99.</param>
    public Spot? Next(int dice)
    {
        var index = _kept.FindLastIndex(k => k.At.Term < _term);
        if (index < 0)
        {
            return dice < NowAndThen && _kept.Count > 0 ? _kept[dice % _kept.Count].At : null;
        }

        // Other things are done in between, so that the asking goes on while the cluster changes.
        if (dice % 2 == 0)
        {
            return null;
        }

        var (at, left) = _kept[index];
        _kept.RemoveAt(index);
        if (left > 1)
        {
            _kept.Insert(0, (at, left - 1));
        }

        return at;
    }
}
