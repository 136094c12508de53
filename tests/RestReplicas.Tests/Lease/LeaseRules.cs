using RestReplicas.Lease;
using Xunit;
using static RestReplicas.Protocol.LeaseAnswer;

namespace RestReplicas.Tests.Lease;

/// <summary>The contract of the lease (protocol.md §3): the same over one real Redis and over three.</summary>
public sealed class LeaseRules
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, InlineData(1), InlineData(3)]
    public async Task A_held_lease_is_not_granted_twice(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel);
        var (a, b) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        var held = await world.Everywhere(await a.Acquire(), Cancel);
        var refused = Assert.IsType<HeldByOther>(await b.Acquire());
        Assert.Equal(held.Token, refused.Token);
        Assert.InRange(refused.Remaining, TimeSpan.FromSeconds(10), world.Options.Ttl);
        Assert.IsType<HeldByOther>(await a.Acquire());
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task Of_many_that_contend_at_once_at_most_one_is_granted(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel);
        var nodes = new[] { await world.Node("a", Cancel), await world.Node("b", Cancel), await world.Node("c", Cancel) };
        for (var round = 0; round < 30; round++)
        {
            var answers = await Task.WhenAll(nodes.Select(n => Task.Run(n.Acquire)));
            var granted = answers.OfType<Granted>().ToList();
            Assert.True(granted.Count <= 1);
            await world.Forget(Cancel);
        }
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task Validity_ends_before_any_server_forgets(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel);
        var a = await world.Node("a", Cancel);
        var before = LeaseWorld.Clock();
        var granted = await world.Everywhere(await a.Acquire(), Cancel);
        Assert.InRange(granted.ValidUntil, before + (world.Options.Ttl * 0.98), LeaseWorld.Clock() + (world.Options.Ttl * 0.99));
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task An_expired_lease_is_granted_to_another_and_never_renewed_over_it(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel);
        var (a, b) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        var old = await world.Everywhere(await a.Acquire(), Cancel);
        await world.OnEach($"PEXPIRE {LeaseWorld.Key} 1", Cancel);
        await Eventually.Holds(async () => (await world.Values(Cancel)).All(v => v == ""), Cancel);
        var granted = await world.Everywhere(await b.Acquire(), Cancel);
        Assert.IsType<Lost>(await a.Renew(old.Token));
        Assert.All(await world.Values(Cancel), v => Assert.Equal(granted.Token, v));
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task A_renewed_lease_lasts_longer(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel);
        var a = await world.Node("a", Cancel);
        var first = await world.Everywhere(await a.Acquire(), Cancel);
        await world.OnEach($"PEXPIRE {LeaseWorld.Key} 1000", Cancel);
        var second = Assert.IsType<Granted>(await a.Renew(first.Token));
        Assert.Equal(first.Token, second.Token);
        Assert.True(second.ValidUntil > first.ValidUntil);
        await Eventually.Holds(
            async () => (await world.OnEach($"PTTL {LeaseWorld.Key}", Cancel)).All(left => int.Parse(left) > 10_000), Cancel);
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task A_released_lease_is_free_at_once_and_others_hear_of_it(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel);
        var (a, b) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        var granted = await world.Everywhere(await a.Acquire(), Cancel);
        await a.Release(granted.Token);
        Assert.IsType<Granted>(await b.Acquire());
        await Eventually.Holds(() => world.Heard.Contains("b"), Cancel);
        Assert.DoesNotContain("a", world.Heard);
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task Releasing_leaves_the_lease_of_another_alone(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel);
        var (a, b) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        var old = await world.Everywhere(await a.Acquire(), Cancel);
        await world.Forget(Cancel);
        var held = await world.Everywhere(await b.Acquire(), Cancel);
        await a.Release(old.Token);
        Assert.All(await world.Values(Cancel), v => Assert.Equal(held.Token, v));
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task The_lease_is_replaced_only_by_who_names_its_token(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel);
        var (a, b) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        var held = await world.Everywhere(await a.Acquire(), Cancel);
        Assert.IsType<Lost>(await b.Replace("a/somethingelse"));
        Assert.IsType<Granted>(await a.Renew(held.Token));

        var seen = Assert.IsType<HeldByOther>(await b.Acquire());
        var taken = await world.Everywhere(await b.Replace(seen.Token), Cancel);
        Assert.NotEqual(held.Token, taken.Token);
        Assert.IsType<Lost>(await a.Renew(held.Token));
        Assert.All(await world.Values(Cancel), v => Assert.Equal(taken.Token, v));
        await Eventually.Holds(() => world.Heard.Contains("a"), Cancel);
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task To_replace_absent_counts_as_equal(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel);
        Assert.IsType<Granted>(await (await world.Node("b", Cancel)).Replace("a/gone"));
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task Flushed_servers_are_set_again_by_renewal(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel);
        var a = await world.Node("a", Cancel);
        var granted = await world.Everywhere(await a.Acquire(), Cancel);
        await world.OnEach("FLUSHALL", Cancel);
        await world.Everywhere(await a.Renew(granted.Token), Cancel);
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task Flushed_and_taken_by_another_it_is_lost(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel);
        var (a, b) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        var old = await world.Everywhere(await a.Acquire(), Cancel);
        await world.OnEach("FLUSHALL", Cancel);
        Assert.IsType<Granted>(await b.Acquire());
        Assert.IsType<Lost>(await a.Renew(old.Token));
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task A_key_that_never_expires_can_be_replaced_like_any_other(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel);
        await world.OnEach($"SET {LeaseWorld.Key} somebody", Cancel);
        var a = await world.Node("a", Cancel);
        var seen = Assert.IsType<HeldByOther>(await a.Acquire());
        Assert.Equal(new HeldByOther("somebody", world.Options.Ttl), seen);
        Assert.IsType<Granted>(await a.Replace(seen.Token));
    }
}
