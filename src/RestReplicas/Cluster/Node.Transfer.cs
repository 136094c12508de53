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

/// <summary>Handing leadership over, at an operator's wish and before this node stops (protocol.md §4).</summary>
public sealed partial class Node
{
    private readonly List<(TaskCompletionSource<string?> Begun, string? Refusal)> _transfers = [];
    private string? _transferRefusal;

    /// <summary>To that voter, or to the most caught-up one. New writes wait meanwhile, and are redirected afterwards.</summary>
    public async ValueTask<TransferResult> Transfer(NodeName? to, CancellationToken cancellationToken)
    {
        var begun = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_inbox.Post(new Incoming.Transfer(to, begun)))
        {
            return new TransferResult.Refused("This node is stopping.");
        }

        if (await begun.Task.WaitAsync(cancellationToken) is { } refusal)
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

    private void BeginTransfer(Incoming.Transfer transfer)
    {
        _transferRefusal = _replica is null ? "This node starts again from its file." : null;
        Step(new TransferLeadership(transfer.To));
        _transfers.Add((transfer.Begun, _transferRefusal));
    }

    /// <summary>After the status was published that shows the transfer as begun.</summary>
    private void TellTransfers()
    {
        _transfers.ForEach(t => t.Begun.TrySetResult(t.Refusal));
        _transfers.Clear();
    }

    /// <summary>
    /// Before the host stops anything: both listeners are still there, for the successor's votes and for clients that are
    /// to be told where it is. Not from the loop itself, which stops the host when it halts.
    /// </summary>
    private void Leave()
    {
        if (Thread.CurrentThread != _thread)
        {
            Transfer(to: null, CancellationToken.None).AsTask().Wait(_options.ElectionSilence * 3);
        }

        _ = Drain();
    }
}
