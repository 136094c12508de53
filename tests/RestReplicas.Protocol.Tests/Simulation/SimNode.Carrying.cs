namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>What the service's loop, its storage, its peers and its lease do with effects, here against a simulated world.</summary>
internal sealed partial class SimNode
{
    private void Carry(Effect effect)
    {
        switch (effect)
        {
            case Save save: Remember(save); break;
            case Send send: Exchange(send); break;
            case Reply reply when _asked.Remove(reply.Correlation, out var answer): answer(reply.Response); break;
            case Apply apply: _applyThrough = apply.Through; ApplySome(); break;
            case Proposed proposed: _writes[proposed.First.Index] = (proposed.First, _proposing!); world.Positions.Add(proposed.First); break;
            case NotProposed: _proposing!(WriteEnd.NotLeader, default); break;
            case ReadConfirmed read: WhenApplied(read.Index, Take(read.Id)); break;
            case ReadFailed read: Take(read.Id)(-1); break;
            case TransferRefused or VotersRefused: break;
            case VotersChanged: world.Observer.Looked("changes of voters"); break;
            case LeaseCall call: CallRedis(call); break;
            case Trim trim: _log.Trim(trim.Through); Disk.Trim(trim.Through); world.Observer.Looked("trims"); break;
            case Protocol.TakeSnapshot: TakeSnapshot(); break;
            case FetchSnapshot fetch: Fetch(fetch); break;
            case InstallSnapshot install: Install(install); break;
            case MarkDamaged: Disk.Marked = true; world.Observer.Looked("damages noticed"); break;
            case SetDiskAside: Stop(); Wipe(replacement: true); StartSoon(); world.Observer.Looked("disks set aside"); break;
            case Probe probe: world.Probe(this, probe.Peer, () => Later(world.Dice.Delay(1), () => Step(new ConnectionRefused(probe.Peer)))); break;
            default: throw new InvalidOperationException($"unexpected effect {effect}");
        }
    }

    private Action<long> Take(long id) => _reads.Remove(id, out var done) ? done : throw new InvalidOperationException("answered twice");

    private void WhenApplied(long index, Action<long> done)
    {
        if (_state.Applied >= index)
        {
            done(_state.Applied);
        }
        else
        {
            _whenApplied.Add((index, () => done(_state.Applied)));
        }
    }

    private void Remember(Save save)
    {
        _log.Write(save with { Entries = [] });
        foreach (var entry in save.Entries)
        {
            world.Observer.Appended(entry, PositionAt(_log.Last));
            _log.Write(new(0, null, null, [entry]));
        }

        Disk.Asked.Enqueue(save);
        SaveSome();
    }

    /// <summary>Group commit: everything asked for by now goes in one sync.</summary>
    private void SaveSome()
    {
        if (Disk.Busy || Disk.Asked.Count == 0)
        {
            return;
        }

        Disk.Busy = true;
        var group = Disk.Asked.Count;
        var applied = Disk.Applied;
        var fails = world.SaveFails();
        Later(world.SaveTime(), () =>
        {
            if (fails)
            {
                Stop();
                Start(saveFailed: true);
                return;
            }

            var ticket = 0L;
            for (var i = 0; i < group; i++)
            {
                var save = Disk.Asked.Dequeue();
                Disk.Write(save, world.Observer);
                ticket = save.Ticket;
            }

            Disk.Busy = false;
            Disk.Synced(applied);
            Step(new Saved(ticket));
            SaveSome();
        });
    }

    private void ApplySome()
    {
        if (_applying || _state.Applied >= _applyThrough)
        {
            return;
        }

        _applying = true;
        Later(world.Dice.Delay(0.5), () =>
        {
            _applying = false;
            var through = Math.Min(_applyThrough, _state.Applied + 1 + world.Dice.Next(8));
            List<StateDigest> digests = [];
            while (_state.Applied < through)
            {
                ApplyNext();
                if (_state.Applied == through || _state.Applied % world.DigestEvery == 0)
                {
                    digests.Add(_state.StateDigest);
                }
            }

            Disk.Applied = _state.Applied;
            Step(new Applied(_state.Applied, digests));
            if (Runs)
            {
                Step(world.BoundsAt(_state.Applied));
            }

            foreach (var (_, act) in _whenApplied.Where(w => w.Index <= _state.Applied).ToList())
            {
                act();
            }

            _whenApplied.RemoveAll(w => w.Index <= _state.Applied);
            ApplySome();
        });
    }

    private void ApplyNext()
    {
        // From the disk, not from memory: what is applied must be saved.
        var entry = Disk.Log[_state.Applied + 1];
        var effect = _state.Apply(entry);
        world.Observer.Applied(this, entry, effect, _state);
        if (_writes.Remove(entry.Index, out var write))
        {
            write.Done(write.Position == entry.Position ? WriteEnd.Applied : WriteEnd.Lost, write.Position);
        }
    }

    private void Exchange(Send send)
    {
        var request = send.Request is AppendRequest append && send.IsBatch
            ? append with { Entries = Batch(append.Previous.Index, send.Through) }
            : send.Request;
        var process = Process;
        world.Exchange(this, send.To, request, response => IfStill(process, () => Step(response is null
            ? new Unanswered(send.To, send.Sequence)
            : new Answered(send.To, send.Sequence, response))));
    }

    private List<Entry> Batch(long after, long through) =>
        _log.Range(after, Math.Min((int)(through - after), 1 + world.Dice.Next(world.MostInBatch)));

    public void BeAsked(Request request, Action<Response> answer)
    {
        _asked.Add(++_numbers, answer);
        Step(new Asked(_numbers, request));
    }

    private void CallRedis(LeaseCall call)
    {
        var started = Now.Clock;
        Later(world.Dice.Delay(1), () =>
        {
            if (world.Redis.Carry(call, name.Value, started) is { } answer)
            {
                Later(answer is LeaseAnswer.Unknown ? world.Dice.Milliseconds(200, 400) : world.Dice.Delay(1), () => Step(answer));
            }
        });
    }
}
