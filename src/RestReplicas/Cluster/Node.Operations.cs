using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>What came of handing leadership over. A closed set.</summary>
public abstract record TransferResult
{
    public sealed record Done(NodeName Leader) : TransferResult;

    /// <summary>Nothing was begun.</summary>
    public sealed record Refused(string Why) : TransferResult;

    /// <summary>The successor did not win in time; this node serves on, or nobody is known to lead yet.</summary>
    public sealed record Failed : TransferResult;
}

/// <summary>What came of a change of voters. A closed set.</summary>
public abstract record VotersResult
{
    public sealed record Done(Position Position, Configuration Configuration) : VotersResult;

    /// <summary>Nothing was begun.</summary>
    public sealed record Refused(string Why) : VotersResult;

    /// <summary>It is in the log, but was not committed in time.</summary>
    public sealed record Unknown(Position Position) : VotersResult;
}

/// <summary>What operators ask of a leader, and what a leader does before it stops (protocol.md §4, §10).</summary>
public sealed partial class Node
{
    private readonly List<(TaskCompletionSource<Begun> Operator, Begun Begun)> _operations = [];
    private Begun _begun;

    /// <summary>To that voter, or to the most caught-up one. New writes wait meanwhile, and are redirected afterwards.</summary>
    public async ValueTask<TransferResult> Transfer(NodeName? to, CancellationToken cancellationToken)
    {
        if ((await Operate(new TransferLeadership(to), cancellationToken)).Refusal is { } refusal)
        {
            return new TransferResult.Refused(refusal);
        }

        var status = await WaitForStatus(
            s => s.View is { TransferTo: null } view && (view.Role == Role.Leader || view.LeaderHeard),
            _options.ElectionSilence * 2,
            cancellationToken);
        return status.View is { Role: not Role.Leader, LeaderHeard: true, Leader: { } leader }
            ? new TransferResult.Done(leader)
            : new TransferResult.Failed();
    }

    /// <summary>Makes a learner a voter, or a voter a learner, and waits until that is committed.</summary>
    public async ValueTask<VotersResult> ChangeVoters(NodeName name, bool votes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var begun = await Operate(new ChangeVoters(name, votes), cancellationToken);
        if (begun.At is not { } position)
        {
            return new VotersResult.Refused(begun.Refusal ?? "This node does not lead.");
        }

        var status = await WaitForStatus(
            s => s.View.Term != position.Term || s.Applied.Index >= position.Index, timeout, cancellationToken);
        return status.View is { Configuration: { } configuration, Role: Role.Leader } view
            && view.Term == position.Term && status.Applied.Index >= position.Index
                ? new VotersResult.Done(position, configuration)
                : new VotersResult.Unknown(position);
    }

    private async Task<Begun> Operate(Input wish, CancellationToken cancellationToken)
    {
        var begun = new TaskCompletionSource<Begun>(TaskCreationOptions.RunContinuationsAsynchronously);
        return Post(new Incoming.Operate(wish, begun))
            ? await begun.Task.WaitAsync(cancellationToken)
            : new("This node is stopping.", null);
    }

    private void Begin(Incoming.Operate operation)
    {
        _begun = _replica is null ? new("This node starts again from its file.", null) : default;
        Step(operation.Wish);
        _operations.Add((operation.Begun, _begun));
    }

    /// <summary>After the status was published that shows what was begun.</summary>
    private void TellOperators()
    {
        _operations.ForEach(o => o.Operator.TrySetResult(o.Begun));
        _operations.Clear();
    }

    /// <summary>
    /// Before the host stops anything: both listeners are still there, for the successor's votes and for clients that are
    /// to be told where it is. Not from the loop itself, which stops the host when it halts.
    /// </summary>
    private void Leave()
    {
        if (!_turn.IsHeldByCurrentThread)
        {
            Transfer(to: null, CancellationToken.None).AsTask().Wait(_options.ElectionSilence * 3);
        }

        _ = Drain();
    }
}
