using System.Security.Cryptography;
using RestReplicas.Protocol;
using static RestReplicas.Protocol.LeaseAnswer;

namespace RestReplicas.Lease;

/// <summary>
/// The lease (protocol.md §3): the published Redlock algorithm over N independent servers, one being the case N = 1.
/// Redis decides who tries to lead, never who leads, so whatever goes wrong here costs time and nothing else.
/// </summary>
/// <remarks>
/// A token is the whole value of the key: the node's name and 128 random bits, fresh for every acquisition. Acquire,
/// renew and replace put one question to each server: <i>absent, or holding what I expect? Then hold this.</i>
/// </remarks>
public sealed class RedisLease : IAsyncDisposable
{
    private readonly RedisServer[] _servers;
    private readonly LeaseOptions _options;
    private readonly string _own;
    private readonly Func<TimeSpan> _clock;
    private readonly Action _freed;

    /// <param name="clock">The node's monotonic clock, the one that its replica is stepped by.</param>
    /// <param name="freed">
    /// Another node gave the lease back or took it over; every server says so. Comes on any thread; must not block.
    /// </param>
    public RedisLease(LeaseOptions options, string clusterName, NodeName node, Func<TimeSpan> clock, Action freed, ILogger logger)
    {
        (_options, _own, _clock, _freed) = (options, $"{node}/", clock, freed);
        _servers = [.. options.Redis.Select(configuration => new RedisServer(
            configuration, $"{clusterName}:lease", $"{clusterName}:lease-events", options.CallLimit, options.Patience, Heard, logger))];
    }

    /// <summary>How many of the servers are connected.</summary>
    public int Connected => _servers.Count(s => s.IsConnected);

    private int Majority => (_servers.Length / 2) + 1;

    /// <summary>Takes the lease if nobody holds it.</summary>
    public async Task<LeaseAnswer> Acquire()
    {
        var token = NewToken();
        var (validUntil, holders) = await Ask(token, expected: token);
        if (validUntil is { } until)
        {
            return new Granted(token, until);
        }

        _ = GiveBack(token);
        var other = holders
            .Where(h => h.Token != token)
            .GroupBy(h => h.Token, h => h.Remaining < TimeSpan.Zero ? _options.Ttl : h.Remaining)
            .OrderByDescending(g => g.Count())
            .ThenBy(g => g.Max()) // of equals the elder: the younger is about to be given back
            .FirstOrDefault();
        return other is null || holders.Count < Majority ? new Unknown() : new HeldByOther(other.Key, other.Max());
    }

    /// <summary>Prolongs the lease; on a server where the key is absent (restarted, flushed) it is set again.</summary>
    public async Task<LeaseAnswer> Renew(string token)
    {
        var (validUntil, holders) = await Ask(token, expected: token);
        if (validUntil is { } until)
        {
            return new Granted(token, until);
        }

        if (!IsLost(token, holders))
        {
            return new Unknown();
        }

        _ = GiveBack(token);
        return new Lost();
    }

    /// <summary>Takes the lease, under a new token, from whoever holds it under this one (or from nobody).</summary>
    public async Task<LeaseAnswer> Replace(string expected)
    {
        var token = NewToken();
        var (validUntil, holders) = await Ask(token, expected);
        if (validUntil is { } until)
        {
            _ = Publish(token);
            return new Granted(token, until);
        }

        _ = GiveBack(token);
        return IsLost(token, holders) ? new Lost() : new Unknown();
    }

    /// <summary>Published once a majority has let go: before that, nobody could take it.</summary>
    public async Task Release(string token)
    {
        await GiveBack(token);
        await Publish(token);
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_servers.Select(s => s.DisposeAsync().AsTask()));

    /// <summary>
    /// Asks every server at once, until one token is known to hold a majority or all have answered or had their time.
    /// Valid is a grant by a majority, for the time to live less an allowance for clocks that drift, from before the
    /// first request was sent.
    /// </summary>
    private async Task<(TimeSpan? ValidUntil, IReadOnlyList<Holder> Holders)> Ask(string token, string expected)
    {
        var validUntil = _clock() + (_options.Ttl * 0.99) - TimeSpan.FromMilliseconds(2);
        var holders = new List<Holder>();
        await foreach (var answer in Task.WhenEach(_servers.Select(s => s.Take(token, expected, _options.Ttl))))
        {
            if (await answer is not { } holder)
            {
                continue;
            }

            holders.Add(holder);
            if (holders.Count(h => h.Token == holder.Token) >= Majority)
            {
                return (holder.Token == token && _clock() < validUntil ? validUntil : null, holders);
            }
        }

        return (null, holders);
    }

    /// <summary>Certainly not ours, whatever the silent servers hold.</summary>
    private bool IsLost(string token, IReadOnlyList<Holder> holders) =>
        holders.Count(h => h.Token != token) > _servers.Length - Majority;

    /// <summary>Returns when a majority has let go, or all have had their time; goes on with the others by itself.</summary>
    private async Task GiveBack(string token)
    {
        var done = 0;
        await foreach (var answer in Task.WhenEach(_servers.Select(s => s.GiveBack(token))))
        {
            if (await answer && ++done >= Majority)
            {
                return;
            }
        }
    }

    private Task Publish(string token) => Task.WhenAll(_servers.Select(s => s.Publish(token)));

    /// <summary>Our own events are no news to us.</summary>
    private void Heard(string token)
    {
        if (!token.StartsWith(_own, StringComparison.Ordinal))
        {
            _freed();
        }
    }

    private string NewToken() => _own + RandomNumberGenerator.GetHexString(32, lowercase: true);
}
