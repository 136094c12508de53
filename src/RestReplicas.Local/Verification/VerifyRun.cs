using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace RestReplicas.Local.Verification;

/// <summary>Clients against somebody's own cluster for a while, then every check over what they saw, and the verdict.</summary>
internal sealed class VerifyRun(VerifyPlan plan, IReadOnlyList<Target> nodes)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(2);

    private readonly string _collection = string.Create(
        CultureInfo.InvariantCulture, $"restreplicas-verify-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Random.Shared.Next(0x10000):x4}");

    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public static async Task<int> Run(VerifyPlan plan)
    {
        var nodes = await TargetCheck.Find(plan.Nodes, Patience);
        using var stop = new CancellationTokenSource();
        using var interrupt = Stopping(PosixSignal.SIGINT, stop);
        using var terminate = Stopping(PosixSignal.SIGTERM, stop);
        return await new VerifyRun(plan, nodes).Run(stop);
    }

    private async Task<int> Run(CancellationTokenSource stop)
    {
        Say($"Verifying {string.Join(", ", nodes.Select(n => n.Name))}: {plan.Concurrency} clients for {plan.Length.TotalSeconds} s, seed {plan.Seed}, collection {_collection}.");
        using var http = VerifyPlan.Client(Patience);
        var clients = Enumerable.Range(1, plan.Concurrency)
            .Select(i => new RecordingClient(
                string.Create(CultureInfo.InvariantCulture, $"c{i}"), unchecked((plan.Seed * plan.Concurrency) + i), plan.Nodes, _collection, plan.Keys, http, () => _watch.Elapsed))
            .ToList();
        var running = Task.WhenAll(clients.Select(c => Task.Run(() => c.Run(stop.Token))));
        stop.CancelAfter(plan.Length);
        while (await Task.WhenAny(running, Task.Delay(ReportEvery)) != running)
        {
            Report(clients);
        }

        Say("The clients have stopped; checking what they saw.");
        IReadOnlyList<Operation> history = [.. clients.SelectMany(c => c.Operations).OrderBy(o => o.Sent)];
        Judgement? judgement = null;
        var incomplete = "nothing that was written was acknowledged";
        try
        {
            judgement = !history.Any(o => o.Acknowledged) ? null : await new Settlement(nodes, _collection, () => _watch.Elapsed).Judge(history);
        }
        catch (Exception error) when (error is TimeoutException or HttpRequestException or OperationCanceledException or IOException)
        {
            incomplete = error.Message;
        }

        var verdict = new Verdict(judgement?.History ?? history, judgement, incomplete, nodes);
        foreach (var line in verdict.Lines())
        {
            Console.WriteLine(line);
        }

        await Remove();
        return verdict.Passed ? 0 : 1;
    }

    private void Report(List<RecordingClient> clients)
    {
        var seen = clients.SelectMany(c => c.Operations).ToList();
        Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{_watch.Elapsed.TotalSeconds,4:F0} s: {seen.Count} operations, {seen.Count(o => o.Acknowledged)} writes acknowledged, {seen.Count(o => o is { Writes: true, Ending: Ending.Unknown, Accepted: false })} in doubt, {seen.Count(o => o.Ending == Ending.Never)} without effect or answer"));
    }

    /// <summary>Best effort: the documents are small, and their collection says what they are.</summary>
    private async Task Remove()
    {
        using var limit = new CancellationTokenSource(StopLimit);
        var left = 0;
        try
        {
            using var http = VerifyPlan.Client(Patience);
            foreach (var id in (await NodeContent.Of(nodes[0], _collection)).Keys)
            {
                var uri = new Uri(plan.Nodes[0], $"/v1/{_collection}/{id}");
                using var first = await http.DeleteAsync(uri, limit.Token);
                using var second = first.Headers.Location is { } elsewhere ? await http.DeleteAsync(new Uri(uri, elsewhere), limit.Token) : null;
                left += (second ?? first).IsSuccessStatusCode ? 0 : 1;
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            left++;
        }

        if (left > 0)
        {
            Console.WriteLine($"Not all documents could be removed: the collection {_collection} is for you to delete.");
        }
    }

    /// <summary>The first time ends the load; the second is none of ours, and ends the program.</summary>
    private static PosixSignalRegistration Stopping(PosixSignal signal, CancellationTokenSource stop) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = !stop.IsCancellationRequested;
        stop.Cancel();
    });

    private static void Say(string line) => Console.WriteLine(line);
}
