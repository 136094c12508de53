using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using RestReplicas.Documents;
using RestReplicas.Lease;
using RestReplicas.Peers;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Cluster;

/// <summary>
/// One node: the loop that feeds its replica and carries out what the replica asks. The loop owns all mutable state;
/// everything that is public here may be called from any thread.
/// </summary>
public sealed partial class Node : IHostedService, IDisposable
{
    private readonly NodeName _name;
    private readonly NodeAddress _address;
    private readonly IReadOnlyList<NodeName> _configuredVoters;
    private readonly ClusterOptions _cluster;
    private readonly ReplicationOptions _options;
    private readonly StorageOptions _storage;
    private readonly LeaseOptions _leaseOptions;
    private readonly DataDirectory _directory;
    private readonly SnapshotFiles _snapshots;
    private readonly SnapshotFetcher _fetcher;
    private readonly PeerClient _peers;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILoggerFactory _logs;
    private readonly ILogger<Node> _log;
    private readonly Inbox<Incoming> _inbox = new();
    private readonly Budget _writeBudget;
    private readonly Budget _readBudget;
    private readonly StatusWaiters _waiters;
    private readonly ConcurrentDictionary<long, PendingAsk> _asks = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Thread _thread;
    private long _lastCorrelation;
    private int _asksWaiting;
    private volatile NodeStatus? _status;

    public Node(
        IOptions<NodeOptions> node,
        IOptions<ClusterOptions> cluster,
        IOptions<ReplicationOptions> replication,
        IOptions<StorageOptions> storage,
        IOptions<LeaseOptions> lease,
        DataDirectory directory,
        SnapshotFiles snapshots,
        SnapshotFetcher fetcher,
        PeerClient peers,
        IHostApplicationLifetime lifetime,
        ILoggerFactory logs)
    {
        _name = new(node.Value.Name);
        _address = new(node.Value.PublicUrl, node.Value.PeerUrl);
        (_cluster, _options, _storage, _leaseOptions) = (cluster.Value, replication.Value, storage.Value, lease.Value);
        _configuredVoters = _cluster.VoterNames;
        (_snapshots, _fetcher) = (snapshots, fetcher);
        (_directory, _peers, _lifetime, _logs, _log) = (directory, peers, lifetime, logs, logs.CreateLogger<Node>());
        _writeBudget = new(_options.WriteQueue, _options.WriteQueueBytes);
        _arrivals = new(_writeBudget);
        _readBudget = new(_options.ReadQueue, long.MaxValue);
        _reads = new(_options.Heartbeat);
        _tickEvery = TimeSpan.FromMilliseconds(Math.Clamp(_options.Heartbeat.TotalMilliseconds / 4, 1, 25));
        _groupCommit = new(_tickEvery);
        _waiters = new(_options.ReadQueue + _options.WriteQueue);
        _peers.Trouble = Remark;
        _snapshots.EntryDamaged = MendEntry;
        _thread = new(Run) { Name = "replica", IsBackground = true };
    }

    /// <summary>
    /// A new snapshot after every turn of the loop. One from before this process was frozen still says who led then: it
    /// is believed in nothing that time can undo. Not before the node has started.
    /// </summary>
    public NodeStatus Status
    {
        get
        {
            var status = _status ?? throw new InvalidOperationException("The node has not started yet.");
            return NodeClock.Elapsed - status.At < _options.QuorumTimeout
                ? status
                : status with { View = status.View with { LeaderHeard = false, Serving = false } };
        }
    }

    /// <summary>This node's two clocks, read now.</summary>
    public Moment Now => NodeClock.Now;

    /// <summary>
    /// Replicates a command. Returns <see cref="WriteResult.NotLeader"/> at once where this node does not lead; while it
    /// leads but does not serve yet, waits. Throws only when <paramref name="cancellationToken"/> says so, and then the
    /// write may still happen.
    /// </summary>
    public async ValueTask<WriteResult> Write(
        Command command, Acks acks, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // Only to spare the work; the replica is the one to say no.
        if (Status is { Draining: true } or { View.Role: not Role.Leader })
        {
            return new WriteResult.NotLeader();
        }

        if (Status.View.StorageFull && command.Changes.Any(change => change is Change.Put or Change.PutIndex))
        {
            return new WriteResult.StorageFull();
        }

        var payload = CommandCodec.Encode(command);
        if (!_writeBudget.TryTake(payload.Length))
        {
            return new WriteResult.Overloaded();
        }

        // Step 2: queued; from here on the loop answers, always.
        var write = new PendingWrite(payload, acks, NodeClock.Elapsed + timeout);
        return Post(write)
            ? await write.Answer.WaitAsync(cancellationToken)
            : new WriteResult.NotLeader();
    }

    /// <summary>
    /// Confirms with the leader that this node's state, from the returned index on, is current, and waits until it is
    /// applied here. On any node.
    /// </summary>
    public async ValueTask<ReadIndexResult> ConfirmRead(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!_readBudget.TryTake(0))
        {
            return new ReadIndexResult.NotConfirmed();
        }

        var read = new PendingRead(NodeClock.Elapsed + timeout);
        try
        {
            return Post(new Incoming.Read(read))
                ? await read.Answer.WaitAsync(cancellationToken)
                : new ReadIndexResult.NotConfirmed();
        }
        finally
        {
            _readBudget.Return(0);
        }
    }

    /// <summary>False: the index was not applied here within the time limit.</summary>
    public async ValueTask<bool> WaitForApplied(long index, TimeSpan timeout, CancellationToken cancellationToken) =>
        Status.Applied.Index >= index
        || (await WaitForStatus(status => status.Applied.Index >= index, timeout, cancellationToken)).Applied.Index >= index;

    /// <summary>
    /// The first status that meets the condition, or the last one before the time limit. A node that is stopping, or where
    /// too many wait already, answers at once.
    /// </summary>
    /// <param name="condition">Short, and without effects: the loop evaluates it.</param>
    public ValueTask<NodeStatus> WaitForStatus(
        Func<NodeStatus, bool> condition, TimeSpan timeout, CancellationToken cancellationToken) =>
        _waiters.Wait(() => Status, condition, timeout, cancellationToken);

    /// <summary>Tells operators what went wrong, by the status.</summary>
    public void Remark(string sentence) => Post(new Incoming.Remark(sentence));

    /// <summary>A read has met evidence that the state here is not what was applied.</summary>
    public void ReportDamage(string why) => Post(new Incoming.ForLife(Volatile.Read(ref _life), new StateDamaged(why)));

    /// <summary>A read has met an index whose content is not that of the documents.</summary>
    public void ReportIndex(long number) => Volatile.Read(ref _store)?.RefillIndex(number);

    /// <summary>A peer's request. Null: too many wait already, or this node cannot answer now.</summary>
    internal async Task<Response?> Ask(Request request, CancellationToken cancellationToken)
    {
        var correlation = Interlocked.Increment(ref _lastCorrelation);
        if (Interlocked.Increment(ref _asksWaiting) > _options.PeerQueue)
        {
            Interlocked.Decrement(ref _asksWaiting);
            return null;
        }

        var ask = new PendingAsk(request.Header.From);
        _asks.TryAdd(correlation, ask);
        try
        {
            return Post(new Incoming.ForReplica(new Asked(correlation, request)))
                ? await ask.Answer.Task.WaitAsync(cancellationToken)
                : null;
        }
        finally
        {
            _asks.TryRemove(correlation, out _);
            Interlocked.Decrement(ref _asksWaiting);
        }
    }

    /// <summary>A peer that waits for this node's answer.</summary>
    private sealed record PendingAsk(NodeName From)
    {
        public TaskCompletionSource<Response?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
