using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// How much log there is, as marks: which index was reached whenever so many bytes more were applied. What is saved and
/// not applied yet does not count, for it cannot be trimmed. The writer's own.
/// </summary>
internal sealed class LogSizes(StorageOptions options, long start)
{
    /// <summary>What an entry and its outcome cost beside their contents, about.</summary>
    private const int Overhead = 48;

    /// <summary>Fine enough for the window, coarse enough to keep a few thousand marks at most.</summary>
    private readonly long _step = Math.Max(options.LogWindowBytes / 16, options.LogBytes / 1024);
    private readonly List<(long Index, long Bytes)> _marks = [(start, 0)];
    private long _bytes;

    /// <summary>How many marks were ever made: when it changes, so may the bounds.</summary>
    public long Marks { get; private set; }

    public LogBounds Bounds => new(Keeping(options.LogWindowBytes), Keeping(options.LogBytes), Keeping(4 * options.LogBytes));

    /// <summary>
    /// One pass over the lengths of what is kept and applied; of a run of outcomes, each entry has an equal part. SQLite adds
    /// them up, as many at once as are no more than a part of a step: to fetch each would take a third of a start.
    /// </summary>
    public static LogSizes Read(SqliteConnection connection, StorageOptions options, long start, long applied)
    {
        var sizes = new LogSizes(options, start);
        using var lengths = new Statement(connection, """
            SELECT ifnull((SELECT sum(length(payload)) FROM log WHERE idx BETWEEN ?1 AND ?2), 0) + ifnull((
                SELECT sum(length(outcomes) * (min(last, ?2) - max(first, ?1) + 1) / (last - first + 1)) FROM outcomes
                WHERE last BETWEEN ?1 AND ifnull((SELECT last FROM outcomes WHERE last >= ?2 ORDER BY last LIMIT 1), ?2)), 0)
            """);
        for (long first = start + 1, atOnce = 1; first <= applied;)
        {
            var last = Math.Min(first + atOnce - 1, applied);
            lengths.Bind(1, first).Bind(2, last).Step();
            var bytes = lengths.Long(0) + ((last - first + 1) * Overhead);
            lengths.Reset();
            if (bytes > sizes._step / 4 && atOnce > 1)
            {
                atOnce /= 2;
                continue;
            }

            sizes.Reach(last, bytes);
            (first, atOnce) = (last + 1, bytes < sizes._step / 16 ? atOnce * 2 : atOnce);
        }

        return sizes;
    }

    public void Add(long index, long bytes) => Reach(index, bytes + Overhead);

    /// <summary>The last mark at or below the new base stays: it says where the base is, if not exactly.</summary>
    public void Trim(long through)
    {
        var after = _marks.FindIndex(mark => mark.Index > through);
        var gone = (after < 0 ? _marks.Count : after) - 1;
        if (gone > 0)
        {
            _marks.RemoveRange(0, gone);
        }

        _marks[0] = (Math.Max(through, _marks[0].Index), _marks[0].Bytes);
    }

    private void Reach(long index, long bytes)
    {
        _bytes += bytes;
        if (_bytes - _marks[^1].Bytes >= _step)
        {
            _marks.Add((index, _bytes));
            Marks++;
        }
    }

    /// <summary>The last mark after which that many bytes follow; at least the base.</summary>
    private long Keeping(long bytes)
    {
        int low = 0, high = _marks.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_bytes - _marks[middle].Bytes >= bytes)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return _marks[low].Index;
    }
}
