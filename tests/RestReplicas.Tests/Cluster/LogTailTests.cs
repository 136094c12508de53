using RestReplicas.Cluster;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Cluster;

public sealed class LogTailTests
{
    private readonly LogTail _tail = new(maxBytes: 1000, lastIndex: 4);
    private long _ticket;

    [Fact]
    public void What_is_not_saved_stays_however_much_it_is()
    {
        for (var index = 5; index < 105; index++)
        {
            Save(1, index);
        }

        Assert.Equal(5, _tail.First);
        Assert.Equal(100, _tail.Read(5, 104, int.MaxValue).Count);

        _tail.Saved(_ticket);

        Assert.InRange(_tail.First, 90, 104);
        Assert.Empty(_tail.Read(5, 104, int.MaxValue));
    }

    [Fact]
    public void A_save_that_finishes_after_a_removal_covers_only_what_was_kept()
    {
        var before = Save(1, 5, 6, 7);
        Remove(6);
        Save(2, 6, 7);
        for (var index = 8; index < 40; index++)
        {
            Save(2, index);
        }

        _tail.Saved(before);

        Assert.Equal(6, _tail.First);
        Assert.Equal(new Term(2), _tail.Read(6, 6, int.MaxValue)[0].Term);
    }

    [Fact]
    public void A_removal_begins_another_era()
    {
        Save(1, 5, 6);
        var era = _tail.Era;
        Save(1, 7);
        Assert.Equal(era, _tail.Era);

        Remove(7);

        Assert.NotEqual(era, _tail.Era);
        Assert.Empty(_tail.Read(7, 7, int.MaxValue));
    }

    [Fact]
    public void A_removal_below_everything_kept_leaves_the_tail_empty_there()
    {
        Remove(3);
        Save(2, 3);

        Assert.Equal(3, _tail.First);
        Assert.Equal([3L], _tail.Read(3, 9, int.MaxValue).Select(entry => entry.Index));
    }

    [Fact]
    public void A_read_takes_what_fits_but_at_least_one()
    {
        Save(1, 5, 6, 7);

        Assert.Equal([5L], _tail.Read(5, 7, 1).Select(entry => entry.Index));
        Assert.Equal([5L, 6L], _tail.Read(5, 7, 25).Select(entry => entry.Index));
    }

    [Fact]
    public void Entries_are_found_by_index_whatever_has_come_and_gone()
    {
        var random = new Random(1);
        var (last, unsaved) = (4L, new Queue<long>());
        for (var i = 0; i < 5_000; i++)
        {
            switch (random.Next(4))
            {
                case 0 when last > 4:
                    last = random.NextInt64(Math.Max(4, last - 5), last);
                    Remove(last + 1);
                    break;
                case 1:
                    _tail.Saved(_ticket);
                    break;
                default:
                    Save(i, ++last);
                    break;
            }

            var read = _tail.Read(_tail.First, long.MaxValue, int.MaxValue);
            Assert.Equal(last + 1 - _tail.First, read.Count);
            Assert.Equal(Enumerable.Range(0, read.Count).Select(n => _tail.First + n), read.Select(entry => entry.Index));
        }
    }

    private long Save(long term, params long[] indexes)
    {
        var entries = indexes.Select(index => Entry.Create(new(new(term), index), EntryKind.Command, 1, new byte[10]));
        _tail.Take(new(++_ticket, null, null, [.. entries]));
        return _ticket;
    }

    private void Remove(long from) => _tail.Take(new(++_ticket, null, from, []));
}
