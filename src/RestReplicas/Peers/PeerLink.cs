using System.Net;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;
using RestReplicas.Cluster;
using RestReplicas.Protocol;

namespace RestReplicas.Peers;

/// <summary>What a node makes of its exchanges with a peer; only changes are worth a line in the log.</summary>
internal enum PeerStanding
{
    Unknown,
    Answers,
    Silent,
    RefusesSecret,
    OtherCluster,
    Garbled,
}

/// <summary>One peer as this node reaches it: where it is, how patiently, and how it has been.</summary>
internal sealed class PeerLink
{
    /// <summary>Failures in a row that make a peer silent. One lost heartbeat is not news.</summary>
    private const int FailuresUntilSilent = 3;

    /// <summary>Failures in a row after which a snapshot is given up, if nothing of it came meanwhile.</summary>
    private const int SnapshotRetries = 5;

    private readonly Lock _lock = new();
    private readonly CircuitBreakerManualControl _breaker = new();
    private CancellationTokenSource? _batch;
    private int _failures;
    private int _underWay;

    public PeerLink(NodeName name, ReplicationOptions options, TimeProvider time)
    {
        Name = name;
        var pipeline = new ResiliencePipelineBuilder<Response> { TimeProvider = time };
        if (options.BatchRetries > 0)
        {
            pipeline.AddRetry(new RetryStrategyOptions<Response>
            {
                MaxRetryAttempts = options.BatchRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(20),
                MaxDelay = options.ElectionSilence,
                ShouldHandle = arguments => ValueTask.FromResult(IsWorthARetry(arguments.Outcome.Exception)),
            });
        }

        Batches = pipeline
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Response>
            {
                FailureRatio = 0.9,
                MinimumThroughput = 4,
                SamplingDuration = TimeSpan.FromSeconds(5),
                BreakDuration = TimeSpan.FromMilliseconds(500),
                ManualControl = _breaker,
                ShouldHandle = arguments => ValueTask.FromResult(IsWorthARetry(arguments.Outcome.Exception)),
            })
            .AddTimeout(new TimeoutStrategyOptions { Timeout = options.BatchLimit })
            .Build();
        Snapshots = new ResiliencePipelineBuilder<bool> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<bool>
            {
                MaxRetryAttempts = SnapshotRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(50),
                MaxDelay = options.ElectionSilence,
                ShouldHandle = arguments => ValueTask.FromResult(
                    arguments.Outcome.Exception is { } broken ? IsWorthARetry(broken) : !arguments.Outcome.Result),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<bool>
            {
                FailureRatio = 0.9,
                MinimumThroughput = SnapshotRetries + 1,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = TimeSpan.FromMilliseconds(500),
                ManualControl = _breaker,
                ShouldHandle = arguments => ValueTask.FromResult(IsWorthARetry(arguments.Outcome.Exception)),
            })
            .Build();
    }

    public NodeName Name { get; }

    public ResiliencePipeline<Response> Batches { get; }

    /// <summary>
    /// An attempt has no limit in time, for it may be long: who reads must see that something comes. One that returns
    /// false broke off, but has come further.
    /// </summary>
    public ResiliencePipeline<bool> Snapshots { get; }

    public PeerStanding Standing { get; private set; }

    /// <summary>Null: nobody said where it is.</summary>
    public Uri? Url { get; set; }

    /// <summary>Bounds what is sent once each: a peer that hangs costs no more than this. False: too many are under way.</summary>
    public bool TryBegin(int most)
    {
        if (Interlocked.Increment(ref _underWay) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref _underWay);
        return false;
    }

    public void End() => Interlocked.Decrement(ref _underWay);

    /// <summary>One batch in flight: the replica asks for another only when it no longer waits for the one before.</summary>
    public CancellationToken BeginBatch()
    {
        var mine = new CancellationTokenSource();
        Interlocked.Exchange(ref _batch, mine)?.Cancel();
        return mine.Token;
    }

    /// <summary>The batch under way is of no use any more, nor are its retries.</summary>
    public void DropBatch() => Interlocked.Exchange(ref _batch, null)?.Cancel();

    /// <summary>Takes note of how an exchange went. True: the standing changed.</summary>
    public bool Notice(PeerStanding standing)
    {
        bool closes;
        lock (_lock)
        {
            _failures = standing == PeerStanding.Silent ? _failures + 1 : 0;
            if (standing == Standing || (standing == PeerStanding.Silent && _failures < FailuresUntilSilent))
            {
                return false;
            }

            closes = standing == PeerStanding.Answers && Standing == PeerStanding.Silent;
            Standing = standing;
        }

        if (closes)
        {
            // A heartbeat got through: there is no reason to make the batches wait for the breaker.
            _ = _breaker.CloseAsync();
        }

        return true;
    }

    /// <summary>What the peer itself refused, it will refuse again.</summary>
    public static bool IsWorthARetry(Exception? exception) =>
        exception is HttpRequestException { StatusCode: null or >= HttpStatusCode.InternalServerError }
            or TimeoutRejectedException or TimeoutException or IOException or WireException;
}
