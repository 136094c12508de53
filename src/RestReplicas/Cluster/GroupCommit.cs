using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>
/// When queued writes become a proposal. What one costs three nodes in wake-ups and syncs hardly depends on how many writes
/// it has; so there is one at a time. And when it is applied, its clients are likely to be back soon: nearly all of
/// them and of those who are queued are waited for, at most as long as it took. Who writes alone never waits.
/// </summary>
/// <param name="longest">The longest wait, however long a proposal took.</param>
internal sealed class GroupCommit(TimeSpan longest)
{
    private Position? _last;
    private TimeSpan _since;
    private int _size;
    private int _enough;
    private TimeSpan _until;
    private bool _more;

    /// <param name="more">Writes were left over, for a batch has only so many bytes; they follow at once.</param>
    public void Proposed(Position first, int writes, bool more, TimeSpan now)
    {
        (_size, _since) = _last is null ? (writes, now) : (_size + writes, _since);
        (_last, _more) = (first with { Index = first.Index + writes - 1 }, more);
    }

    /// <summary>To be told in every turn what is applied, and how many writes are queued. Nothing is under way any more in another term.</summary>
    public void Review(Term term, long applied, int queued, TimeSpan now)
    {
        if (_last is { } last && (applied >= last.Index || term != last.Term))
        {
            var wait = now - _since;
            (_last, _enough, _until) = (null, (((_size + queued) * 19) + 19) / 20, now + (wait < longest ? wait : longest));
        }
    }

    /// <summary>When that many are to be proposed, if no more come; null: not before <see cref="Review"/> says that the last are applied.</summary>
    public TimeSpan? DueAt(int queued) =>
        _more ? TimeSpan.Zero
        : _last is not null ? null
        : queued >= _enough ? TimeSpan.Zero
        : _until;

    /// <summary>Until when others are waited for; null: nobody is waited for, or nobody is proposed before those under way are applied.</summary>
    public TimeSpan? WaitsUntil(TimeSpan now) => !_more && _last is null && _enough > 1 && now < _until ? _until : null;

    /// <summary>With how many writes there is something to propose; with fewer, a turn finds nothing to do before <see cref="WaitsUntil"/>.</summary>
    /// <param name="open">Writes that are in the log and not answered: they count as well.</param>
    public int TurnFrom(int open, TimeSpan now) =>
        !_more && _last is not null ? int.MaxValue
        : WaitsUntil(now) is null ? 0
        : open + _enough;
}
