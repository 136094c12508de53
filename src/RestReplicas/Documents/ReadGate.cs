using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Cluster;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Documents;

/// <summary>
/// Sees to it that a read keeps what its client requires (protocol.md §7). The bound is taken before the state is read,
/// so the state is at least as fresh as the bound says.
/// </summary>
public sealed class ReadGate(Node node, DocumentReader reader, ToLeader toLeader, SessionCookie session, IOptions<ReadOptions> options)
{
    /// <summary>Reads here if that keeps the promise, and says in the headers what was read.</summary>
    /// <param name="inSession">The client's <see cref="SessionCookie"/> is one of its requirements.</param>
    public Task<Results<T, LeaderAnswer, Problem>> Serve<T>(
        HttpContext context, ReadLevels levels, Func<(Position Applied, Results<T, LeaderAnswer, Problem> Answer)> read, bool inSession = true)
        where T : IResult => Serve(context, levels, () => ValueTask.FromResult(read()), inSession);

    public async Task<Results<T, LeaderAnswer, Problem>> Serve<T>(
        HttpContext context, ReadLevels levels, Func<ValueTask<(Position Applied, Results<T, LeaderAnswer, Problem> Answer)>> read, bool inSession = true)
        where T : IResult
    {
        try
        {
            switch (await Admit(context, levels, inSession ? session.Read(context.Request) : null))
            {
                case Admission.Granted granted:
                    var (applied, answer) = await read();
                    ReplicaHeaders.Of(context)?.Read(applied, granted.Staleness, inSession);
                    return answer;
                case Admission.Elsewhere elsewhere:
                    return elsewhere.Answer;
                case Admission.Refused refused:
                    return refused.Problem;
                default:
                    throw new InvalidOperationException("an admission of an unknown kind");
            }
        }
        catch (DamagedStateException e)
        {
            // Another node has it.
            node.ReportDamage(e.Message);
            return await Elsewhere(context, levels) is { } elsewhere ? elsewhere.Answer : Problems.DamagedState();
        }
    }

    private async ValueTask<Admission> Admit(HttpContext context, ReadLevels levels, Position? seen)
    {
        var deadline = Deadline.After(levels.Timeout);
        var confirmed = false;
        if (levels.Consistency == Consistency.Linearizable && node.Status.Damage is null)
        {
            if (await node.ConfirmRead(deadline.Remaining, CancellationToken.None) is not ReadIndexResult.Confirmed)
            {
                return new Admission.Refused(Unconfirmed());
            }

            confirmed = true;
        }

        var need = new Need(levels, seen, confirmed);
        return Grant(need) ?? await Later(context, need, deadline);
    }

    /// <summary>Once it has caught up, or there is a leader; or why not.</summary>
    private async ValueTask<Admission> Later(HttpContext context, Need need, Deadline deadline)
    {
        var levels = need.Levels;
        var cancelled = context.RequestAborted; // not before it is of use: it costs as much as a small read
        await node.WaitForStatus(
            s => s.Damage is not null || need.IsMetBy(s, node.Now), deadline.AtMost(options.Value.CatchUp), cancelled);
        if (Grant(need) is { } caughtUp)
        {
            return caughtUp;
        }

        // During an election: until there is a leader to ask, or what is needed has come after all.
        var status = node.Status;
        if (!levels.OnlyIfCached)
        {
            status = await node.WaitForStatus(
                s => s.Leads || s.LeaderElsewhere is not null || need.IsMetBy(s, node.Now), deadline.Remaining, cancelled);
        }

        if (Grant(need) is { } later)
        {
            return later;
        }

        if (status is { Leads: true, Damage: null })
        {
            return await AsLeader(need, deadline, cancelled);
        }

        return await Elsewhere(context, levels) ?? (Admission)new Admission.Refused(
            status.Damage is not null ? Problems.DamagedState()
            : levels.Consistency == Consistency.Leader && !levels.OnlyIfCached
                ? Problems.NoLeader("No leader was found in the time given. Repeat it a little later, or read with consistency=local.")
            : Behind(need));
    }

    /// <summary>Null: there is no leader to send the read to, or it may not be sent on.</summary>
    private async ValueTask<Admission.Elsewhere?> Elsewhere(HttpContext context, ReadLevels levels) =>
        node.Status.LeaderElsewhere is { } leader && !levels.OnlyIfCached && !Relay.IsMarked(context.Request)
        && await toLeader.Send(context, leader, default, levels.Timeout) is { } answer
            ? new(answer)
            : null;

    /// <summary>
    /// A leader has nobody to send a read to. A bound that it cannot show it confirms; a position that it has not
    /// applied is on its way, or will never be.
    /// </summary>
    private async ValueTask<Admission> AsLeader(Need need, Deadline deadline, CancellationToken cancelled)
    {
        if (need.Levels.MaxStaleness is not null && !need.Confirmed)
        {
            if (await node.ConfirmRead(deadline.Remaining, cancelled) is not ReadIndexResult.Confirmed)
            {
                return new Admission.Refused(Behind(need));
            }

            need = need with { Confirmed = true };
        }

        if (Grant(need) is { } granted)
        {
            return granted;
        }

        var status = await node.WaitForStatus(s => need.IsMetBy(s, node.Now), deadline.Remaining, cancelled);
        if (need.Seen is { } claimed && status.Leads && claimed.Term == status.View.Term && claimed.Index > status.View.Last.Index)
        {
            need = need with { Seen = null }; // nobody gave that position away but this leader, and it has not
        }

        return Grant(need) ?? new Admission.Refused(Behind(need));
    }

    /// <summary>Null: the need is not met yet.</summary>
    private Admission? Grant(Need need)
    {
        var status = node.Status;
        var now = node.Now;
        if (!need.IsMetBy(status, now))
        {
            return null;
        }

        if (need.Levels.MinPosition is { } position && reader.Fate(position).Fate is PositionFate.Lost)
        {
            return new Admission.Refused(Problems.WriteLost(position));
        }

        return new Admission.Granted(need.Confirmed ? TimeSpan.Zero : status.View.Freshness?.Staleness(now));
    }

    private Problem Unconfirmed() => node.Status.LeaderUrl() is null
        ? Problems.NoLeader("No leader was found in the time given to confirm that this state is current. Repeat it a little later.")
        : Problems.NoQuorum("The leader could not confirm with a majority in the time given that it still leads. Repeat it a little later.");

    private Problem Behind(Need need)
    {
        var status = node.Status;
        var bound = status.View.Freshness?.Staleness(node.Now) is { } staleness
            ? $"within {Math.Ceiling(staleness.TotalMilliseconds):F0} ms"
            : "without a bound";
        return Problems.TooStale(
            $"It has applied {status.Applied} and is fresh {bound}"
            + (need.Levels.MinPosition is { } position ? $"; {position} was asked for" : "")
            + ". Ask again a little later, with a wider bound or more time, or ask another node.");
    }

    /// <param name="Seen">What the client has seen; it is to see no less.</param>
    /// <param name="Confirmed">A leader has confirmed that this state is current, which outdoes every bound.</param>
    private sealed record Need(ReadLevels Levels, Position? Seen, bool Confirmed)
    {
        public bool IsMetBy(NodeStatus status, Moment now) =>
            status.Damage is null
            && (Confirmed || Levels.Consistency != Consistency.Leader || status.Leads)
            && (Confirmed || Levels.MaxStaleness is not { } bound || status.View.Freshness?.Staleness(now) <= bound)
            && (Levels.MinPosition is not { } position || IsDecidedBy(status.Applied, position))
            && (Seen is not { } seen || IsDecidedBy(status.Applied, seen));

        /// <summary>It is in the state, or never will be: terms only rise along the log.</summary>
        private static bool IsDecidedBy(Position applied, Position position) =>
            position.Index <= applied.Index || position.Term < applied.Term;
    }
}

/// <summary>Whether a read may be served from here. A closed set.</summary>
public abstract record Admission
{
    /// <summary>From whatever state is read from now on.</summary>
    /// <param name="Staleness">Its bound; null: unknown.</param>
    public sealed record Granted(TimeSpan? Staleness) : Admission;

    public sealed record Elsewhere(LeaderAnswer Answer) : Admission;

    public sealed record Refused(Problem Problem) : Admission;
}
