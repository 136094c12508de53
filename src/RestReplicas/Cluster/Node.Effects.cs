using RestReplicas.Peers;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Cluster;

/// <summary>Carrying out what the replica asks of the world, in the order in which it asks. Nothing here waits.</summary>
public sealed partial class Node
{
    /// <summary>Names that are remembered so that each is logged once.</summary>
    private const int MostStrangers = 64;

    private readonly HashSet<NodeName> _strangers = [];
    private LogTail _tail = null!;
    private BatchSource _batches = null!;
    private DiskId _disk;
    private int _leaseAnswersDue;
    private int _leaseAnswersToDrop;
    private volatile bool _probing;
    private int _mending;

    private void Carry(Effect effect)
    {
        switch (effect)
        {
            case Save save:
                // Step 4: on its way to this node's disk.
                _tail.Take(save);
                _store!.Enqueue(save);
                break;
            case Apply(var through):
                _store!.Apply(through);
                break;
            case Trim(var through):
                _store!.Trim(through);
                break;
            case TakeSnapshot:
                _snapshots.Take(PostForLife(_life));
                break;
            case FetchSnapshot fetch:
                _fetcher.Fetch(fetch, PostForLife(_life));
                break;
            case SetDiskAside(var why):
                ChangeFile(why, () => _directory.SetAside(why));
                break;
            case InstallSnapshot install:
                Install(install);
                break;
            case MarkDamaged(var why):
                _lastError = $"The state here is damaged: {why}";
                _log.StateDamaged(why);
                _store!.MarkDamaged(why);
                break;
            case Send send:
                // Step 5: on its way to the followers.
                var (batches, era) = (_batches, _batches.Era);
                _peers.Send(send, append => Fill(batches, append, send.Through, era), PostForLife(_life), fillsElsewhere: !batches.HasAtHand(send));
                break;
            case Reply(var correlation, var response):
                Answer(correlation, response);
                break;
            case Proposed(var first, _):
                _writes!.Proposed(_proposing, first);
                _groupCommit.Proposed(first, _proposing.Count, _writes.QueuedCount > 0, _now.Clock);
                _proposing = [];
                break;
            case NotProposed:
                _writes!.NotProposed(_proposing);
                _proposing = [];
                break;
            case ReadConfirmed(var id, var index):
                _reads.Confirmed(id, index, _applied.Index);
                break;
            case ReadFailed(var id):
                _reads.Failed(id, _now.Clock);
                break;
            case TransferRefused(var why):
                _begun = new(why, null);
                break;
            case VotersRefused(var why):
                _begun = new(why, null);
                break;
            case VotersChanged(var position):
                _begun = new(null, position);
                break;
            case LeaseCall call:
                CallLease(call);
                break;
            case Probe(var peer):
                TryProbe(peer);
                break;
            default:
                throw new InvariantBrokenException($"effect {effect.GetType().Name} is known");
        }
    }

    /// <summary>On the task that sends. What cannot be read here is no fault of the follower's.</summary>
    private AppendRequest? Fill(BatchSource batches, AppendRequest append, long through, int era)
    {
        try
        {
            return batches.Fill(append, through, era);
        }
        catch (Exception e)
        {
            if (e is DamagedEntryException damaged)
            {
                MendEntry(damaged.Index);
            }

            _log.BatchUnreadable(append.Previous, e);
            Remark($"The entries after {append.Previous} cannot be read: {e.Message}");
            return null;
        }
    }

    /// <summary>
    /// A committed entry that the disk has spoilt is fetched again from a peer (protocol.md §9): until then it keeps a follower
    /// from being fed, or a snapshot from being made. One at a time; on any thread.
    /// </summary>
    public void MendEntry(long index)
    {
        if (Volatile.Read(ref _store) is { } store && Interlocked.Exchange(ref _mending, 1) == 0)
        {
            _ = Task.Run(async () =>
            {
                try
                {
                    var position = store.PositionAt(index);
                    if (await _peers.FetchEntry(position) is { } intact)
                    {
                        store.Mend(intact);
                        _log.EntryMended(position);
                    }
                }
                catch (Exception e) when (e is Microsoft.Data.Sqlite.SqliteException or ObjectDisposedException)
                {
                    // The file is being closed; whoever meets the entry again asks again.
                }
                finally
                {
                    Volatile.Write(ref _mending, 0);
                }
            });
        }
    }

    private Action<Input> PostForLife(int life) => input => Post(new Incoming.ForLife(life, input));

    private void PostLeaseInput(Input input) => Post(new Incoming.ForReplica(input));

    private void Answer(long correlation, Response? response)
    {
        if (!_asks.TryGetValue(correlation, out var ask))
        {
            return;
        }

        if (response is not RefusedResponse { Why: RequestRefusal.OtherCluster })
        {
            _strangers.Remove(ask.From);
        }
        else if (_strangers.Count < MostStrangers && _strangers.Add(ask.From))
        {
            _log.StrangerRefused(ask.From);
            _lastError = $"{ask.From} belongs to another cluster.";
        }

        ask.Answer.TrySetResult(response);
    }

    private void CallLease(LeaseCall call)
    {
        if (call is not LeaseCall.Release)
        {
            _leaseAnswersDue++;
        }

        _lease!.Carry(call);
    }

    /// <summary>Answers come in the order of the calls. Those to a replica that is gone would mislead the next one.</summary>
    private void TakeLeaseAnswer(LeaseAnswer answer)
    {
        _leaseAnswersDue--;
        if (_replica is null)
        {
            GiveBack(answer);
        }
        else if (_leaseAnswersToDrop > 0)
        {
            _leaseAnswersToDrop--;
            GiveBack(answer);
        }
        else
        {
            Step(answer);
        }
    }

    private void GiveBack(LeaseAnswer answer)
    {
        if (answer is LeaseAnswer.Granted(var token, _))
        {
            _lease!.Carry(new LeaseCall.Release(token));
        }
    }

    /// <summary>One at a time: the replica asks again at the next heartbeat.</summary>
    private void TryProbe(NodeName peer)
    {
        if (!_probing && _peers.UrlOf(peer) is { } url)
        {
            _probing = true;
            var (limit, answer) = (_options.Heartbeat * 2, PostForLife(_life));
            _ = Task.Run(async () =>
            {
                await PeerProbe.Try(peer, url, limit, answer);
                _probing = false;
            });
        }
    }
}
