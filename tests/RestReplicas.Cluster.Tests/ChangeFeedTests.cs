using System.Diagnostics;
using System.Globalization;
using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests;

/// <summary>The change feed while leaders come and go.</summary>
[Collection(TimeLimits.Name)]
public sealed class ChangeFeedTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Leaders killed and leaders asked to stop, in turn. <c>FAILOVERS=50</c> before the command is more of the same.</summary>
    private static readonly int Failovers = int.Parse(Environment.GetEnvironmentVariable("FAILOVERS") ?? "10", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Readers_that_hop_between_nodes_over_ten_failovers_see_every_change_once_and_in_order()
    {
        var cluster = await StartCluster(new() { Settings = new() { ["Changes__Heartbeat"] = "00:00:00.500" } });
        var addresses = cluster.Nodes.Select(n => new Uri(n.Url)).ToList();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var streaming = new ChangeReader("/v1/_changes", streams: true, addresses);
        using var polling = new ChangeReader($"/v1/{Workload.Collection}/_changes", streams: false, addresses);
        Task[] reading = [streaming.Run(stop.Token), polling.Run(stop.Token)];

        await using var load = new PacedLoad(cluster.Nodes.Select(n => n.Url));
        var watch = Stopwatch.StartNew();
        for (var round = 0; round < Failovers; round++)
        {
            await load.Progresses(Limit);
            var leader = await cluster.Leader();
            leader.Process.Signal(round % 2 == 0 ? Posix.SigKill : Posix.SigTerm);
            await leader.Process.WaitForExit(Limit);
            leader.Start();
            await cluster.Leader(leader);
            await leader.WaitUntilLive();
            await cluster.AllReady();
        }

        await load.Progresses(Limit);
        var attempts = await load.Stop();
        var seconds = watch.Elapsed.TotalSeconds;
        var made = Ledger.Settle(attempts, await Accounting.Content(cluster));
        var end = await End(await cluster.Leader());
        await Eventually.Holds(
            () => reading.Any(r => r.IsFaulted) || (streaming.Reached >= end && polling.Reached >= end),
            Limit,
            () => $"the readers come to {end}: {streaming.Reached}, {polling.Reached}");
        await stop.CancelAsync();
        await Task.WhenAll(reading);

        var committed = made.Select(m => (Position: m.Position ?? Told(streaming, m.Id), m.Id, m.Kind)).OrderBy(m => Index(m.Position)).ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{committed.Count} changes in {seconds:F0} s, over {Failovers} failovers; {streaming.Visits} streams, {polling.Visits} polls brought something.\n{PacedLoad.Account(attempts)}");
        Assert.True(committed.Count > Failovers * PacedLoad.Rate, PacedLoad.Account(attempts));
        Assert.Equal(committed, streaming.Seen.Where(IsLoad));
        Assert.Equal(committed, polling.Seen.Where(IsLoad));
        Assert.True(streaming.Visits > Failovers && polling.Visits > Failovers);

        static bool IsLoad((string Position, string Id, string Kind) change) => change.Id != NodeContent.Last;
    }

    /// <summary>Where the last change of that document is, which no client was told.</summary>
    private static string Told(ChangeReader reader, string id) =>
        reader.Seen.LastOrDefault(change => change.Id == id).Position ?? throw new InvalidOperationException($"{id} is gone, and no change says so");

    private static async Task<long> End(ReplicaProcess leader)
    {
        using var answer = await leader.Http.GetAsync("/v1", TestContext.Current.CancellationToken);
        return Index(answer.Headers.GetValues("Replica-Position").Single());
    }

    private static long Index(string position) => long.Parse(position.Split('.')[1], CultureInfo.InvariantCulture);
}
