namespace RestReplicas.Protocol.Tests.Scenarios;

/// <summary>One step of one replica: its effects carried out and told, and what changed about it.</summary>
internal sealed partial class Stage
{
    private void Step(Actor actor, Input input)
    {
        if (!actor.Acts)
        {
            return;
        }

        if (input is LeaseAnswer answer && Wording.Of(answer, actor.Replica!.View.Lease.Token) is { } said)
        {
            Say(actor, said);
        }

        List<Effect> effects;
        try
        {
            effects = [.. actor.Replica!.Step(input, Now)];
        }
        catch (InvariantBrokenException e)
        {
            Say(actor, $"stops, {e.Message}");
            Stop(actor);
            return;
        }

        foreach (var effect in effects.Select(e => e is Send { IsBatch: true } send ? Filled(actor, send, effects) : e))
        {
            if (Wording.Of(effect, NameOf) is { } told)
            {
                Say(actor, told);
            }

            Carry(actor, effect);
        }

        TellNews(actor);
    }

    /// <summary>Entries that this very step appended are in its saves.</summary>
    private static Send Filled(Actor actor, Send send, List<Effect> effects)
    {
        var missing = effects.OfType<Save>().SelectMany(s => s.Entries).Where(e => e.Index > actor.Log.Last);
        var append = (AppendRequest)send.Request;
        List<Entry> entries = [.. actor.Log.EntriesAfter(append.Previous.Index), .. missing];
        return send with { Request = append with { Entries = entries[..(int)(send.Through - append.Previous.Index)] } };
    }

    private void Carry(Actor actor, Effect effect)
    {
        switch (effect)
        {
            case Save save: actor.Remember(save); break;
            case Send send: Exchanged(actor, send); break;
            case Reply reply: actor.Answer(reply); break;
            case Apply apply: actor.ApplyThrough = apply.Through; break;
            case LeaseCall call: Call(actor, call); break;
            case Probe probe when Find(probe.Peer.Value).Replica is null:
                Say(actor, $"finds that {probe.Peer}'s port is closed");
                Step(actor, new ConnectionRefused(probe.Peer));
                break;
            default: break;
        }
    }

    private void Exchanged(Actor actor, Send send)
    {
        var receiver = Find(send.To.Value);
        var exchange = new Exchange(actor, send.To, send.Sequence, send.IsBatch, _clock.Now);
        _open.Add(exchange);
        if (receiver.Replica is null)
        {
            Post(send.To, actor, () => GiveUp(exchange));
            return;
        }

        Post(actor.Name, receiver, () => Step(receiver, new Asked(receiver.Question(response => Answer(receiver, exchange, response)), send.Request)));
    }

    private void Answer(Actor from, Exchange exchange, Response response)
    {
        var routine = response is AppendResponse { Matched: true } && !exchange.IsBatch;
        if (!routine && Wording.Of(response) is { } told)
        {
            Say(from, $"→ {exchange.From.Name}: {told}");
        }

        Post(from.Name, exchange.From, () =>
        {
            if (_open.Remove(exchange))
            {
                Step(exchange.From, new Answered(from.Name, exchange.Sequence, response));
            }
        });
    }

    /// <summary>Nobody is there, or nobody answered in time.</summary>
    private void GiveUp(Exchange exchange)
    {
        if (_open.Remove(exchange))
        {
            Step(exchange.From, new Unanswered(exchange.To, exchange.Sequence));
        }
    }

    private void Call(Actor actor, LeaseCall call)
    {
        var started = _clock.Now;
        Post(RedisServer, actor, () =>
        {
            if (_redis.Carry(call, actor.Name.Value, started) is { } answer)
            {
                Step(actor, answer);
            }
        });
    }

    private void TellNews(Actor actor)
    {
        var (before, now) = (actor.Before!, actor.Replica!.View);
        actor.Before = now;
        if (before.Role != now.Role)
        {
            actor.Told.Clear();
            Say(actor, $"is {now.Role.ToString().ToLowerInvariant()} in term {now.Term}" + (now.Refusal is { } why ? $" ({why})" : ""));
        }

        if (!before.Serving && now.Serving)
        {
            Say(actor, "serves");
        }

        if (now.Commit > before.Commit && now.Role == Role.Leader)
        {
            Say(actor, $"commits through {now.Commit}");
        }

        if (before.Configuration is not null && now.Configuration is { } configuration && configuration != before.Configuration)
        {
            Say(actor, $"counts {string.Join(", ", configuration.Voters.Select(v => v.Name))}"
                + (configuration.Replacing.Count > 0 ? $"; {string.Join(", ", configuration.Replacing)} is being replaced" : ""));
        }

        if (now.Role is Role.Follower or Role.Learner && now.Leader is { } leader && leader != before.Leader)
        {
            Say(actor, $"follows {leader}");
        }
    }

    private string NameOf(DiskId disk) => _actors.Find(a => a.Disk.Id == disk)?.Name.Value ?? "a lost disk";
}
