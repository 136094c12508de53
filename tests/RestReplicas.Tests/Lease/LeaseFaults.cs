using System.Diagnostics;
using RestReplicas.Lease;
using Xunit;
using static RestReplicas.Protocol.LeaseAnswer;

namespace RestReplicas.Tests.Lease;

/// <summary>Servers that are killed, restarted empty, frozen and thawed.</summary>
public sealed class LeaseFaults
{
    /// <summary>As in production, for connections to frozen servers to be given up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_minority_is_given_back()
    {
        await using var world = await LeaseWorld.Start(3, Cancel);
        var a = await world.Node("a", Cancel);
        await world.Servers[0].Ask($"SET {LeaseWorld.Key} b/1 PX 20000", Cancel);
        await world.Servers[2].Ask($"SET {LeaseWorld.Key} b/1 PX 20000", Cancel);
        Assert.Equal("b/1", Assert.IsType<HeldByOther>(await a.Acquire()).Token);
        Assert.IsType<Lost>(await a.Replace("c/1"));
        Assert.IsType<Lost>(await a.Renew("a/1"));
        await Eventually.Holds(async () => (await world.Values(Cancel)) is ["b/1", "", "b/1"], Cancel);
    }

    [Fact]
    public async Task Of_two_tokens_on_equally_many_servers_the_elder_counts_as_the_holder()
    {
        await using var world = await LeaseWorld.Start(3, Cancel);
        var a = await world.Node("a", Cancel);
        await world.Servers[0].Ask($"SET {LeaseWorld.Key} b/1 PX 29000", Cancel);
        await world.Servers[1].Ask($"SET {LeaseWorld.Key} c/1 PX 20000", Cancel);
        var held = Assert.IsType<HeldByOther>(await a.Acquire());
        Assert.Equal("c/1", held.Token);
        Assert.InRange(held.Remaining, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task With_one_of_three_servers_down_the_lease_is_granted_renewed_replaced_and_released()
    {
        await using var world = await LeaseWorld.Start(3, Cancel, patience: Patience);
        var (a, b) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        await world.Servers[1].Kill();
        var granted = Assert.IsType<Granted>(await a.Acquire());
        Assert.IsType<Granted>(await a.Renew(granted.Token));
        Assert.Equal(granted.Token, Assert.IsType<HeldByOther>(await b.Acquire()).Token);
        var taken = Assert.IsType<Granted>(await b.Replace(granted.Token));
        await b.Release(taken.Token);
        await Eventually.Holds(() => world.Heard.Contains("a"), Cancel);
        Assert.IsType<Granted>(await a.Acquire());
    }

    [Fact]
    public async Task A_frozen_server_of_three_delays_nobody()
    {
        await using var world = await LeaseWorld.Start(3, Cancel);
        var a = await world.Node("a", Cancel);
        world.Servers[1].Freeze();
        var watch = Stopwatch.StartNew();
        var granted = Assert.IsType<Granted>(await a.Acquire());
        Assert.IsType<Granted>(await a.Renew(granted.Token));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, world.Options.CallLimit / 2);
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task Without_a_majority_of_servers_the_answer_is_unknown(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel, patience: Patience);
        var a = await world.Node("a", Cancel);
        await Task.WhenAll(world.Servers.Skip(servers / 2).Select(s => s.Kill()));
        Assert.IsType<Unknown>(await a.Acquire());
        Assert.IsType<Unknown>(await a.Renew("a/1"));
        Assert.IsType<Unknown>(await a.Replace("a/1"));
        await a.Release("a/1");
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task Without_a_majority_that_is_awake_the_answer_is_unknown_in_time(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel, callLimit: TimeSpan.FromMilliseconds(100));
        var a = await world.Node("a", Cancel);
        FreezeMajority(world);
        var watch = Stopwatch.StartNew();
        Assert.IsType<Unknown>(await a.Acquire());
        Assert.IsType<Unknown>(await a.Renew("a/1"));
        Assert.IsType<Unknown>(await a.Replace("a/1"));
        await a.Release("a/1");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, world.Options.Patience / 2); // their connections are still there
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task A_grant_that_comes_too_late_is_taken_back(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel, callLimit: TimeSpan.FromMilliseconds(100));
        var (a, b) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        FreezeMajority(world);
        Assert.IsType<Unknown>(await a.Acquire());
        Thaw(world);
        await Eventually.Holds(async () => await b.Acquire() is Granted, Cancel, world.Options.Ttl / 2);
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task A_grant_that_comes_too_late_is_taken_back_over_a_new_connection(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel, callLimit: TimeSpan.FromMilliseconds(100), patience: Patience);
        var (a, b) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        FreezeMajority(world);
        Assert.IsType<Unknown>(await a.Acquire());
        await Eventually.Holds(() => a.Connected == servers / 2, Cancel);
        Thaw(world);
        await Eventually.Holds(async () => await b.Acquire() is Granted, Cancel, world.Options.Ttl / 2);
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task A_release_that_servers_did_not_hear_is_repeated(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel, patience: Patience);
        var (a, b) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        var granted = await world.Everywhere(await a.Acquire(), Cancel);
        FreezeMajority(world);
        await Eventually.Holds(() => a.Connected == servers / 2, Cancel);
        await a.Release(granted.Token);
        Thaw(world);
        await Eventually.Holds(async () => await b.Acquire() is Granted, Cancel, world.Options.Ttl / 2);
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task Servers_that_were_frozen_for_long_serve_again_when_they_thaw(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel, patience: Patience);
        var (a, b) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        var granted = await world.Everywhere(await a.Acquire(), Cancel);
        FreezeMajority(world);
        Assert.IsType<Unknown>(await a.Renew(granted.Token));
        await Eventually.Holds(() => a.Connected == servers / 2 && b.Connected == servers / 2, Cancel);
        Thaw(world);
        await Eventually.Holds(() => a.Connected == servers && b.Connected == servers, Cancel);
        Assert.Equal(granted.Token, Assert.IsType<HeldByOther>(await b.Acquire()).Token);
        Assert.IsType<Granted>(await a.Renew(granted.Token));
        await a.Release(granted.Token);
        await Eventually.Holds(() => world.Heard.Contains("b"), Cancel);
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task Servers_that_restart_empty_are_set_again_and_speak_again(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel, patience: Patience);
        var (a, b) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        var granted = await world.Everywhere(await a.Acquire(), Cancel);
        await Task.WhenAll(world.Servers.Select(s => s.Kill()));
        Assert.IsType<Unknown>(await a.Renew(granted.Token));
        await Eventually.Holds(() => a.Connected == 0 && b.Connected == 0, Cancel);
        await Task.WhenAll(world.Servers.Select(s => s.Restart(Cancel)));
        await Eventually.Holds(() => a.Connected == servers && b.Connected == servers, Cancel);
        Assert.IsType<Granted>(await a.Renew(granted.Token));
        Assert.Equal(granted.Token, Assert.IsType<HeldByOther>(await b.Acquire()).Token);
        await a.Release(granted.Token);
        await Eventually.Holds(() => world.Heard.Contains("b"), Cancel);
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task A_node_starts_without_Redis_and_finds_it_later(int servers)
    {
        await using var world = await LeaseWorld.Start(servers, Cancel, patience: Patience);
        await Task.WhenAll(world.Servers.Select(s => s.Kill()));
        var a = world.Unconnected("a");
        Assert.IsType<Unknown>(await a.Acquire());
        await Task.WhenAll(world.Servers.Select(s => s.Restart(Cancel)));
        await Eventually.Holds(async () => await a.Acquire() is Granted, Cancel);
    }

    [Fact]
    public async Task A_subscription_that_breaks_is_made_again()
    {
        await using var world = await LeaseWorld.Start(1, Cancel, patience: Patience);
        var (a, _) = (await world.Node("a", Cancel), await world.Node("b", Cancel));
        Assert.Equal("2", await world.Servers[0].Ask("CLIENT KILL TYPE pubsub", Cancel));
        await Eventually.Holds(
            async () =>
            {
                var granted = await a.Acquire() as Granted;
                await a.Release(granted?.Token ?? "");
                return world.Heard.Contains("b");
            },
            Cancel);
    }

    [Fact]
    public async Task A_password_is_used_and_never_logged()
    {
        const string Secret = "correct-horse";
        await using var server = await RedisProcess.Start(Cancel, "--requirepass", Secret);
        var log = new RecordingLogger();
        foreach (var (password, works) in new[] { (Secret, true), ("wrong-" + Secret, false) })
        {
            var options = new LeaseOptions { Redis = [$"{server.Address},password={password}"], CallLimit = TimeSpan.FromSeconds(20) };
            await using var lease = new RedisLease(options, "c", new("a"), LeaseWorld.Clock, () => { }, log);
            await Eventually.Holds(() => works ? lease.Connected == 1 : log.Text.Contains("not connected"), Cancel);
            Assert.Equal(works, await lease.Acquire() is Granted);
        }

        Assert.Contains(server.Address, log.Text);
        Assert.DoesNotContain(Secret, log.Text);
    }

    private static void FreezeMajority(LeaseWorld world)
    {
        foreach (var server in world.Servers.Skip(world.Servers.Length / 2))
        {
            server.Freeze();
        }
    }

    private static void Thaw(LeaseWorld world)
    {
        foreach (var server in world.Servers)
        {
            server.Thaw();
        }
    }
}
