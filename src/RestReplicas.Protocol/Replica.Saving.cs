namespace RestReplicas.Protocol;

/// <summary>
/// What goes to disk, what waits for it, and what is applied (protocol.md §2, §6). Saves are asynchronous and complete in
/// order.
/// </summary>
public sealed partial class Replica
{
    private readonly Saves _saves;
    private readonly List<Deferred> _deferred = [];
    private long _termTicket;
    private long _applyAsked;
    private bool _saveFailed;

    private void RaiseTerm(Term term, DiskId? votedFor)
    {
        (_term, _votedFor) = (term, votedFor);
        _termTicket = AskToSave(hard: true, removeFrom: null, []);
    }

    private long AskToSave(bool hard, long? removeFrom, IReadOnlyList<Entry> entries)
    {
        var ticket = _saves.Ask(removeFrom, _log.LastIndex, _now.Clock);
        Emit(new Save(ticket, hard ? new(_term, _votedFor) : null, removeFrom, entries));
        return ticket;
    }

    private void AppendToLog(Entry entry)
    {
        _log.Append(entry.Position);
        _lastTimestamp = entry.Timestamp;
        if (entry.Kind == EntryKind.Configuration)
        {
            var configuration = Configuration.Decode(entry.Payload.Span);
            _membership.Append(entry.Index, configuration);
            _cluster ??= configuration.Cluster;
            Ensure.That(_cluster == configuration.Cluster, "a log belongs to one cluster");
        }
    }

    private void OnSaved(long ticket)
    {
        _saves.Finish(ticket);
        _saveFailed = false;
        for (var i = 0; i < _deferred.Count; i++)
        {
            if (_deferred[i].Ticket <= _saves.Done)
            {
                Release(_deferred[i]);
            }
        }

        _deferred.RemoveAll(d => d.Ticket <= _saves.Done);
        OnBallotSaved();
    }

    /// <summary>
    /// An answer that relies on a save leaves when that is done, and is a success only if the term is still the one
    /// in which it was promised.
    /// </summary>
    private void AnswerWhenSaved(Deferred deferred)
    {
        if (deferred.Ticket <= _saves.Done)
        {
            Release(deferred);
        }
        else
        {
            _deferred.Add(deferred);
        }
    }

    private void Release(Deferred deferred) => Emit(new Reply(
        deferred.Correlation,
        deferred.Term == _term
            ? deferred.Answer()
            : new RefusedResponse(Header, _now.Wall, RequestRefusal.OlderTerm)));

    private void OnApplied(long index, IReadOnlyList<StateDigest> digests)
    {
        Ensure.That(index >= _applied && index <= _applyAsked, "what is applied was asked for, and is never undone");
        _applied = index;
        _bound.Advance(index);
        Learn(digests);
    }

    /// <summary>Only what is committed, and saved here, is applied.</summary>
    private void AskToApply()
    {
        var through = Math.Min(_commit, _saves.SavedIndex);
        if (through > _applyAsked && _damaged is null)
        {
            _applyAsked = through;
            Emit(new Apply(through));
        }
    }

    private readonly record struct Deferred(long Ticket, Term Term, long Correlation, Func<Response> Answer);
}
