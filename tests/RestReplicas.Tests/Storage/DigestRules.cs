using RestReplicas.Documents;
using RestReplicas.Protocol;
using Xunit;
using static RestReplicas.Tests.Storage.StoreWorld;

namespace RestReplicas.Tests.Storage;

public sealed class DigestRules
{
    private static readonly long _day = (long)TimeSpan.FromHours(24).TotalMilliseconds;

    /// <summary>Documents that come, change and go; keys that come, expire and are used again.</summary>
    private static readonly Entry[] _history =
    [
        Noop(1, 1),
        Written(1, 2, Put("a", "1"), 2),
        Written(1, 3, Put("b", "2", key: Key("k1")), 3),
        Written(1, 4, Put("a", "3"), 4),
        Written(1, 5, Put("c", "", key: Key("k2")), 5),
        Written(1, 6, Delete("b"), 6),
        Written(1, 7, Delete("zz"), 7),
        Written(1, 8, new(Key("k3"), [new Change.Put("others", "a", null, "4"u8.ToArray()), new Change.Delete("things", "c", null)]), 8),
        Written(1, 9, Put("d", key: Key("k2")), _day + 100),
        Written(1, 10, Put("b", "5", key: Key("k1", fingerprint: 3)), _day + 100),
        Written(1, 11, Put("b", "6"), _day + 100),
    ];

    [Fact]
    public async Task Equal_applied_index_equal_digest_however_it_was_come_to()
    {
        using var one = new StoreWorld(digestEvery: 1);
        using var other = new StoreWorld(digestEvery: 1);
        await one.Save(_history);
        await one.ApplyThrough(_history.Length);
        foreach (var entry in _history)
        {
            await other.Save(entry);
            await other.ApplyThrough(entry.Index);
            other.Reopen();
            Assert.Equal(other.Digests[^1], new(entry.Index, other.State.Digest));
        }

        Assert.Equal(_history.Length, one.Digests.Count);
        Assert.Equal(other.Digests, one.Digests);
    }

    [Fact]
    public async Task The_digest_is_the_sum_of_what_is_there_and_of_nothing_that_was()
    {
        using var world = new StoreWorld(digestEvery: 1);
        Assert.Equal(new Digest(3, UInt128.Zero), world.State.Digest);
        await world.Save(Written(1, 1, Put("a"), 9), Written(1, 2, Put("b", key: Key("k")), 9), Written(1, 3, Delete("a"), 9));
        await world.ApplyThrough(3);
        await world.Save(Written(1, 4, Delete("b"), 9), Written(1, 5, Delete("zz"), _day + 9));
        await world.ApplyThrough(5);
        Assert.Equal(5, world.Digests.Select(d => d.Digest.Sum).Append(UInt128.One).Distinct().Count() - 1);
        Assert.Equal(new StateDigest(5, new(3, UInt128.Zero)), world.Digests[^1]);
    }

    [Fact]
    public async Task A_digest_is_reported_at_every_multiple_and_at_the_last_entry_of_a_run()
    {
        using var world = new StoreWorld(digestEvery: 4);
        await world.Save(_history);
        await world.ApplyThrough(_history.Length);
        Assert.Superset(new HashSet<long> { 4, 8, _history.Length }, world.Digests.Select(d => d.Index).ToHashSet());
        Assert.Equal(world.Digests.OrderBy(d => d.Index).DistinctBy(d => d.Index), world.Digests);
    }

    /// <summary>The value itself: a change of what is hashed needs another <c>RowHash.Version</c>, or nodes accuse each other.</summary>
    [Fact]
    public async Task What_version_3_hashes_never_changes()
    {
        using var world = new StoreWorld();
        await world.Save(_history);
        await world.ApplyThrough(_history.Length);
        Assert.Equal("9b8244b4075168dafb2fa95e987495be", world.Digests[^1].Digest.Sum.ToString("x32", null));
    }
}
