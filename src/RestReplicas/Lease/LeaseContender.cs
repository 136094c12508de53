using System.Threading.Channels;
using RestReplicas.Protocol;

namespace RestReplicas.Lease;

/// <summary>
/// Carries out what a replica asks of the lease, one call at a time and in order, and feeds it the answers. Neither
/// making one nor asking it waits for Redis.
/// </summary>
public sealed class LeaseContender : IAsyncDisposable
{
    /// <summary>A replica has one call under way and perhaps a release before it, so this is never reached.</summary>
    private const int MaxWaiting = 16;

    private readonly Channel<LeaseCall> _calls = Channel.CreateBounded<LeaseCall>(MaxWaiting);
    private readonly RedisLease _lease;
    private readonly Action<Input> _post;
    private readonly Task _carrying;

    /// <param name="clock">The node's monotonic clock, the one that its replica is stepped by.</param>
    /// <param name="post">Takes a <see cref="LeaseAnswer"/> per call, and <see cref="LeaseFreed"/>; must not block.</param>
    public LeaseContender(
        LeaseOptions options, string clusterName, NodeName node, Func<TimeSpan> clock, Action<Input> post, ILogger logger)
    {
        _post = post;
        _lease = new(options, clusterName, node, clock, () => post(new LeaseFreed()), logger);
        _carrying = Task.Run(CarryOut);
    }

    public void Carry(LeaseCall call)
    {
        // What cannot wait is answered all the same; a release that is dropped ends with its time to live.
        if (!_calls.Writer.TryWrite(call) && call is not LeaseCall.Release)
        {
            _post(new LeaseAnswer.Unknown());
        }
    }

    /// <summary>First carries out what waits: a leader that goes gives the lease back.</summary>
    public async ValueTask DisposeAsync()
    {
        _calls.Writer.TryComplete();
        await _carrying;
        await _lease.DisposeAsync();
    }

    private async Task CarryOut()
    {
        await foreach (var call in _calls.Reader.ReadAllAsync())
        {
            switch (call)
            {
                case LeaseCall.Acquire:
                    _post(await _lease.Acquire());
                    break;
                case LeaseCall.Renew(var token):
                    _post(await _lease.Renew(token));
                    break;
                case LeaseCall.Replace(var token):
                    _post(await _lease.Replace(token));
                    break;
                case LeaseCall.Release(var token):
                    await _lease.Release(token);
                    break;
            }
        }
    }
}
