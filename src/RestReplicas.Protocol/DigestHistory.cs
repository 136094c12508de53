namespace RestReplicas.Protocol;

/// <summary>
/// The digests of one node's state of late, by index (protocol.md §9): those at multiples of <paramref name="every"/>, which
/// all nodes take, and those of the moment, by which nodes compare themselves while nothing is written. Bounded.
/// </summary>
internal sealed class DigestHistory(long every)
{
    private const int MostMarks = 8;
    private const int MostRecent = 64;

    private readonly List<StateDigest> _marks = [];
    private readonly List<StateDigest> _recent = [];

    public StateDigest? Mark => _marks.Count > 0 ? _marks[^1] : null;

    /// <summary>Of either kind.</summary>
    public StateDigest? Latest => _recent.Count > 0 && !(_marks.Count > 0 && _marks[^1].Index > _recent[^1].Index) ? _recent[^1] : Mark;

    public Digest? At(long index) => (Find(_marks, index) ?? Find(_recent, index))?.Digest;

    public void Add(StateDigest digest)
    {
        var (list, most) = digest.Index % every == 0 ? (_marks, MostMarks) : (_recent, MostRecent);
        if (list.Count > 0 && list[^1].Index >= digest.Index)
        {
            return; // a reply that was overtaken
        }

        if (list.Count == most)
        {
            list.RemoveAt(0);
        }

        list.Add(digest);
    }

    public void Clear()
    {
        _marks.Clear();
        _recent.Clear();
    }

    private static StateDigest? Find(List<StateDigest> list, long index) =>
        list.FindLastIndex(d => d.Index == index) is var at and >= 0 ? list[at] : null;
}
