using System.Diagnostics;
using System.Globalization;
using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests.Campaigns;

/// <summary>
/// Rounds of faults over real processes. Each round ends with all faults undone: then the cluster must take writes again in
/// bounded time, and everything that its clients saw is checked.
/// </summary>
internal sealed class Campaign(TestCluster cluster, int seed, Action<string> tell)
{
    private const int Clients = 6;
    private const int KeysAtOnce = 4;
    private const int Some = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ConvergeLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TearDownLimit = TimeSpan.FromSeconds(20);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private int _round;

    /// <summary>A wiped voter is replaced soon, so that it has its vote back at the end of a round.</summary>
    public static ClusterShape Shape(Ground ground) =>
        new() { Ground = ground, Relayed = ground.Spaces is null, Settings = { ["Replication__ReplaceAfter"] = "00:00:02" } };

    public CampaignTable Table { get; } = new();

    /// <summary>Kinds of faults that may strike.</summary>
    public required IReadOnlyList<FaultKind> Kinds { get; init; }

    /// <summary>Until the time is over, or something was found, or somebody asks for the end: then after the round.</summary>
    public async Task Run(TimeSpan length, TimeSpan round, CancellationToken stop = default)
    {
        await cluster.Start();
        var end = _watch.Elapsed + length;
        while (_watch.Elapsed < end && Table.Violations.Count == 0 && !stop.IsCancellationRequested)
        {
            await Round(round < end - _watch.Elapsed ? round : end - _watch.Elapsed);
        }
    }

    private async Task Round(TimeSpan span)
    {
        _round++;
        var draw = unchecked((seed * 7919) + _round);
        var plan = FaultPlan.Draw(draw, span, [.. cluster.Nodes.Select(n => n.Name)], Kinds);
        var began = _watch.Elapsed;
        var collection = string.Create(CultureInfo.InvariantCulture, $"round{_round}");
        var addresses = cluster.Nodes.Select(n => new Uri(n.Url)).ToList();
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { Timeout = Patience };
        var clients = Enumerable.Range(1, Clients)
            .Select(i => new RecordingClient(string.Create(CultureInfo.InvariantCulture, $"c{i}"), (draw * Clients) + i, addresses, collection, KeysAtOnce, http, () => _watch.Elapsed - began))
            .ToList();
        using var stop = new CancellationTokenSource();
        var running = clients.ConvertAll(c => Task.Run(() => c.Run(stop.Token)));
        List<Operation> History() => [.. clients.SelectMany(c => c.Operations).OrderBy(o => o.Sent)];
        IReadOnlyList<Operation> history = [];
        var faults = new Faults(cluster, () => _watch.Elapsed - began);
        try
        {
            try
            {
                await faults.Strike(plan);
                await Task.WhenAll(cluster.Nodes.Select(n => n.WaitUntilLive())); // how long programs take to start is the machine's affair
                var over = _watch.Elapsed - began;
                await Eventually.Holds(
                    () => clients.TrueForAll(c => c.Operations.Count(o => o.Sent > over && o is { Writes: true, Acknowledged: true }) >= Some),
                    ConvergeLimit,
                    () => "when all faults were over, every client has writes acknowledged again");
            }
            finally
            {
                await stop.CancelAsync();
                await Task.WhenAll(running).WaitAsync(TearDownLimit);
                history = History();
            }

            await cluster.AllReady();
            await cluster.AllVote();
            var settlement = new Settlement(cluster.Targets, collection, () => _watch.Elapsed - began) { Untraceable = o => faults.MayBeGone(o.Node, o.Sent) };
            var judgement = await settlement.Judge(history);
            history = judgement.History;
            Table.Violations.AddRange(judgement.Violations);
            Table.Lost += judgement.Lost;
            Table.Undecided += judgement.Undecided;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Table.Violations.Add($"{error.GetType().Name}: {error.Message}");
        }

        Table.Add([.. faults.Struck], history);
        tell(string.Create(CultureInfo.InvariantCulture, $"round {_round}: {plan.Count} faults, {history.Count} operations, {(_watch.Elapsed - began).TotalSeconds:F0} s, {Table.Violations.Count} violations"));
        if (Table.Violations.Count > 0)
        {
            Keep(faults.Struck, history);
        }
    }

    private void Keep(IEnumerable<Strike> struck, IReadOnlyList<Operation> history)
    {
        var folder = Path.Combine(Programs.Repository, "artifacts", "campaign");
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"seed{seed}-round{_round}.txt"));
        File.WriteAllLines(file, [.. Table.Violations, "", .. struck.OrderBy(s => s.Began).Select(s => s.ToString()), "", .. history.Select(o => o.ToString())]);
        tell($"the whole round is in {file}");
    }
}
