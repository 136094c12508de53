using System.Collections.Concurrent;
using StackExchange.Redis;

namespace RestReplicas.Lease;

/// <summary>
/// One of the independent Redis servers, and the only file that knows the client library. Nothing here throws or
/// outlasts its limit: a server that is dead, frozen or cut off is silent, and all three look the same.
/// </summary>
/// <remarks>
/// The library never gives up a connection that merely stays silent (its awaits then hang for ever), and takes its time
/// to reconnect. So both are done here: a connection that fails a ping is closed, and another one is made.
/// </remarks>
internal sealed partial class RedisServer : IAsyncDisposable
{
    /// <summary>Between attempts to connect.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Less often: a node that has nothing to do would be busy with pings. A call that fails says more than one.</summary>
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(1);

    /// <summary>How many tokens are remembered that could not be taken back yet; the oldest are forgotten first.</summary>
    private const int MaxLeftOver = 64;

    /// <summary>
    /// Writes our token if the key is absent or holds the expected one. Answers who holds the key then, and for how
    /// many more milliseconds.
    /// </summary>
    private const string TakeScript = """
        local held = redis.call('get', KEYS[1])
        if not held or held == ARGV[2] then
            redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[3])
            return { ARGV[1], tonumber(ARGV[3]) }
        end
        return { held, redis.call('pttl', KEYS[1]) }
        """;

    private const string RemoveScript = """
        if redis.call('get', KEYS[1]) == ARGV[1] then
            return redis.call('del', KEYS[1])
        end
        return 0
        """;

    private readonly ConfigurationOptions _configuration;

    /// <summary>For the log: without the password that the configuration string may hold.</summary>
    private readonly string _address;

    private readonly string _key;
    private readonly string _channel;
    private readonly TimeSpan _limit;
    private readonly TimeSpan _patience;
    private readonly Action<string> _heard;
    private readonly ILogger _logger;
    private readonly ConcurrentQueue<string> _leftOver = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _connecting;
    private volatile IDatabase? _database;

    /// <param name="limit">For every call.</param>
    /// <param name="patience">For connecting and for a ping.</param>
    /// <param name="heard">Called with every message on the channel; must not block.</param>
    public RedisServer(string configuration, string key, string channel, TimeSpan limit, TimeSpan patience, Action<string> heard, ILogger logger)
    {
        (_key, _channel, _limit, _patience, _heard, _logger) = (key, channel, limit, patience, heard, logger);
        _configuration = ConfigurationOptions.Parse(configuration);
        _configuration.SetDefaultPorts();
        _address = string.Join(',', _configuration.EndPoints).Replace("Unspecified/", "", StringComparison.Ordinal);
        _configuration.AbortOnConnectFail = true;
        _configuration.ConnectRetry = 1;
        _configuration.ConnectTimeout = _configuration.SyncTimeout = (int)patience.TotalMilliseconds;

        // These look for a master among replicas; our servers know nothing of each other.
        _configuration.TieBreaker = _configuration.ConfigurationChannel = "";
        _connecting = Task.Run(StayConnected);
    }

    public bool IsConnected => _database is not null;

    public static bool IsValid(string? configuration)
    {
        try
        {
            return configuration is not null && ConfigurationOptions.Parse(configuration).EndPoints.Count > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Who holds the key after <see cref="TakeScript"/>: we, if the token is ours. Null: no answer in time.</summary>
    public Task<Holder?> Take(string token, string expected, TimeSpan ttl) => Answer<Holder>(async database =>
    {
        var parts = (RedisResult[])await Run(database, TakeScript, token, expected, (long)ttl.TotalMilliseconds);
        return new((string)parts[0], TimeSpan.FromMilliseconds((long)parts[1]));
    });

    /// <summary>
    /// Deletes the key if it holds the token. False: no answer in time. Then it is not forgotten either. On the
    /// connection that carried the token this comes after it, however late a frozen server carries out both; and
    /// should that connection break, it is repeated on the next.
    /// </summary>
    public async Task<bool> GiveBack(string token)
    {
        if (await Answer(database => Run(database, RemoveScript, token)) is not null)
        {
            return true;
        }

        _leftOver.Enqueue(token);
        while (_leftOver.Count > MaxLeftOver)
        {
            _leftOver.TryDequeue(out _);
        }

        return false;
    }

    /// <summary>Best effort.</summary>
    public Task Publish(string message) => Answer<object>(async database => await database.PublishAsync(_channel, message));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _connecting.WaitAsync(_limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Without the library's script cache, which does not survive a restart of the server.</summary>
    private Task<RedisResult> Run(IDatabase database, string script, params RedisValue[] arguments) =>
        database.ScriptEvaluateAsync(script, [_key], arguments, CommandFlags.NoScriptCache);

    /// <summary>Null: none in time.</summary>
    private async Task<T?> Answer<T>(Func<IDatabase, Task<T>> call)
        where T : class
    {
        if (_database is not { } database)
        {
            return null;
        }

        try
        {
            return await call(database).WaitAsync(_limit);
        }
        catch (Exception e)
        {
            // Whatever the library throws, and it documents little of that, this server gave no answer.
            var reason = Reason(e);
            Silent(_logger, _address, reason);
            return null;
        }
    }

    private async Task StayConnected()
    {
        for (bool? connected = null; !_stop.IsCancellationRequested; connected = false)
        {
            ConnectionMultiplexer? connection = null;
            try
            {
                connection = await ConnectionMultiplexer.ConnectAsync(_configuration);
                await Use(connection);
            }
            catch (Exception e)
            {
                if ((IsConnected || connected is null) && !_stop.IsCancellationRequested)
                {
                    NotConnected(_logger, _address, Reason(e));
                }
            }

            _database = null;

            // At once: else it waits for the end of calls that a frozen server never ends.
            connection?.Close(allowCommandsToComplete: false);
            await Task.Delay(Pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Until it fails a ping.</summary>
    private async Task Use(ConnectionMultiplexer connection)
    {
        var database = connection.GetDatabase();
        var subscriber = connection.GetSubscriber();
        await subscriber.SubscribeAsync(_channel, (_, message) => _heard(message!)).WaitAsync(_patience, _stop.Token);
        while (true)
        {
            await Task.WhenAll(database.PingAsync(), subscriber.PingAsync()).WaitAsync(_patience, _stop.Token);
            if (!IsConnected)
            {
                _database = database;
                Connected(_logger, _address);
            }

            while (_leftOver.TryDequeue(out var token) && await GiveBack(token))
            {
            }

            await Task.Delay(PingEvery, _stop.Token);
        }
    }

    private static string Reason(Exception e) => e is RedisConnectionException c ? c.FailureType.ToString() : e.GetType().Name;

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis {Address}: connected.")]
    private static partial void Connected(ILogger logger, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis {Address}: not connected ({Reason}); trying on.")]
    private static partial void NotConnected(ILogger logger, string address, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Redis {Address}: no answer ({Reason}).")]
    private static partial void Silent(ILogger logger, string address, string reason);
}

/// <summary>Whose token a server holds, and for how long.</summary>
internal sealed record Holder(string Token, TimeSpan Remaining);
