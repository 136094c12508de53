using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using RestReplicas.Lease;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Lease;

public sealed class LeaseContending
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_are_carried_out_in_order_and_one_at_a_time()
    {
        await using var redis = await RedisProcess.Start(Cancel);
        await using var node = new Contender("a", redis);
        var first = await node.Granted(Cancel);
        node.Carry(new LeaseCall.Renew(first.Token), new LeaseCall.Release(first.Token), new LeaseCall.Acquire(), new LeaseCall.Replace("other"));
        Assert.Equal(first.Token, (await node.Next<LeaseAnswer.Granted>(Cancel)).Token);
        Assert.NotEqual(first.Token, (await node.Next<LeaseAnswer.Granted>(Cancel)).Token);
        await node.Next<LeaseAnswer.Lost>(Cancel);
    }

    [Fact]
    public async Task A_release_is_heard_by_the_others_and_answered_to_nobody()
    {
        await using var redis = await RedisProcess.Start(Cancel);
        await using var a = new Contender("a", redis);
        await using var b = new Contender("b", redis);
        var lease = await a.Granted(Cancel);
        await Eventually.Holds(
            async () =>
            {
                b.Carry(new LeaseCall.Acquire());
                return await b.Next<LeaseAnswer>(Cancel) is LeaseAnswer.HeldByOther;
            },
            Cancel);
        a.Carry(new LeaseCall.Release(lease.Token), new LeaseCall.Renew("nobody"));
        await b.Next<LeaseFreed>(Cancel);
        await a.Next<LeaseAnswer.Granted>(Cancel);
    }

    [Fact]
    public async Task Every_call_is_answered_even_when_Redis_is_frozen_and_far_too_many_are_made()
    {
        await using var redis = await RedisProcess.Start(Cancel);
        await using var node = new Contender("a", redis, callLimit: TimeSpan.FromMilliseconds(100));
        await node.Granted(Cancel);
        redis.Freeze();
        const int Many = 100;
        node.Carry([.. Enumerable.Repeat(new LeaseCall.Acquire(), Many)]);
        for (var i = 0; i < Many; i++)
        {
            await node.Next<LeaseAnswer.Unknown>(Cancel);
        }
    }

    [Fact]
    public async Task Stopping_first_carries_out_what_waits()
    {
        await using var redis = await RedisProcess.Start(Cancel);
        await using (var node = new Contender("a", redis))
        {
            var lease = await node.Granted(Cancel);
            node.Carry(new LeaseCall.Release(lease.Token));
        }

        Assert.Equal("", await redis.Ask($"GET {LeaseWorld.Key}", Cancel));
    }

    private sealed class Contender : IAsyncDisposable
    {
        private readonly Channel<Input> _inputs = Channel.CreateUnbounded<Input>();
        private readonly LeaseContender _contender;

        public Contender(string name, RedisProcess redis, TimeSpan? callLimit = null) => _contender = new(
            new LeaseOptions { Redis = [redis.Address], CallLimit = callLimit ?? TimeSpan.FromSeconds(20), Patience = TimeSpan.FromSeconds(60), Ttl = TimeSpan.FromSeconds(60) },
            "restreplicas",
            new(name),
            LeaseWorld.Clock,
            input => _inputs.Writer.TryWrite(input),
            NullLogger.Instance);

        public void Carry(params LeaseCall[] calls)
        {
            foreach (var call in calls)
            {
                _contender.Carry(call);
            }
        }

        public async Task<T> Next<T>(CancellationToken cancellation)
            where T : Input =>
            Assert.IsType<T>(await _inputs.Reader.ReadAsync(cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(60), cancellation), exactMatch: false);

        /// <summary>Unknown until it is connected.</summary>
        public async Task<LeaseAnswer.Granted> Granted(CancellationToken cancellation)
        {
            LeaseAnswer.Granted? granted = null;
            await Eventually.Holds(
                async () =>
                {
                    Carry(new LeaseCall.Acquire());
                    return (granted = await Next<LeaseAnswer>(cancellation) as LeaseAnswer.Granted) is not null;
                },
                cancellation);
            return granted!;
        }

        public ValueTask DisposeAsync() => _contender.DisposeAsync();
    }
}
