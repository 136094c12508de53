using System.Net;
using System.Text.Json;

namespace RestReplicas.Local.Verification;

/// <param name="History">With what was found out about writes whose clients did not know.</param>
/// <param name="Lost">Writes with a position that was lost, as was said.</param>
/// <param name="Undecided">Of the keys: those whose history was too long to decide.</param>
internal sealed record Judgement(IReadOnlyList<string> Violations, IReadOnlyList<Operation> History, int Lost, int Keys, int Undecided);

/// <summary>
/// When all clients have stopped (and all faults are over): what became of the writes whose clients do not know, what every
/// node holds, and then every check.
/// </summary>
internal sealed class Settlement(IReadOnlyList<Target> nodes, string collection, Func<TimeSpan> clock)
{
    public const string Client = "end";
    private const int AtOnce = 8;
    private const int MostShownOfContent = 3;
    private readonly List<string> _violations = [];
    private readonly HashSet<Spot> _lost = [];

    /// <summary>Writes that may have been lost without a trace: the disk that alone had them is gone.</summary>
    public Func<Operation, bool> Untraceable { get; init; } = _ => false;

    public async Task<Judgement> Judge(IReadOnlyList<Operation> recorded)
    {
        var contents = await NodeContent.OfAll(nodes, collection);
        _violations.AddRange(nodes.Where((_, i) => !contents[i].Remove(NodeContent.Last)).Select(node =>
            $"{node.Name} lacks the document {NodeContent.Last}, whose write was acknowledged when all clients had stopped"));
        for (var i = 1; i < contents.Count; i++)
        {
            var differing = contents[0].Keys.Union(contents[i].Keys).Where(k => contents[0].GetValueOrDefault(k) != contents[i].GetValueOrDefault(k));
            _violations.AddRange(differing.Take(MostShownOfContent).Select(k =>
                $"{nodes[i].Name} holds something else: {k} is {contents[i].GetValueOrDefault(k)}, and {contents[0].GetValueOrDefault(k)} on {nodes[0].Name}"));
        }

        var history = recorded.ToArray();
        var open = Enumerable.Range(0, history.Length).Where(i => history[i] is { Writes: true, At: not null, Ending: Ending.Unknown or Ending.Never });
        await Parallel.ForEachAsync(open, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) => history[i] = await Decided(history[i]));
        await LostWritesAreKept(history);
        _violations.AddRange(await Digests.Disagreements(nodes[0]));

        var last = clock();
        List<Operation> all = [.. history, .. history.Select(o => o.Key).Distinct().Select(key => Final(key, contents[0].GetValueOrDefault(key), last))];
        _violations.AddRange(new ReadPromises(all, _lost).Broken());
        var rulings = all.GroupBy(o => o.Key).ToDictionary(g => g.Key, Linearizability.Judge);
        _violations.AddRange(rulings.Where(r => r.Value == Ruling.NotLinearizable).Select(r => $"the history of {r.Key} is not linearizable"));
        return new(_violations, all, _lost.Count, rulings.Count, rulings.Values.Count(r => r == Ruling.Undecided));
    }

    /// <summary>By its position; all nodes that know must say the same.</summary>
    private async Task<Operation> Decided(Operation write)
    {
        var fates = new Dictionary<string, JsonElement>();
        foreach (var node in nodes)
        {
            using var answer = await node.Http.GetAsync($"/v1/_positions/{write.At}");
            if (answer.StatusCode != HttpStatusCode.TemporaryRedirect)
            {
                using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
                fates[body.RootElement.TryGetProperty("state", out var state) ? state.GetString()! : body.RootElement.GetRawText()] = body.RootElement.Clone();
            }
        }

        if (fates.Count != 1 || fates.Keys.Single() is not ("committed" or "lost"))
        {
            Violated($"nodes do not say one thing about a write, now that all is over: {string.Join(", ", fates.Keys)}: {write}");
            return write;
        }

        var (fate, said) = fates.Single();
        if (fate == "lost")
        {
            lock (_lost)
            {
                _lost.Add(write.At!.Value);
            }

            return write with { Ending = Ending.Never };
        }

        if (write.Ending == Ending.Never)
        {
            Violated($"a write happened of which it was said that it certainly did not: {write}");
        }

        // It took effect at some time until now. What it found then is forgotten with the log, some time later.
        if (said.GetProperty("outcome") is not { ValueKind: JsonValueKind.Object } outcome)
        {
            return write is { Asked: Asked.Put, IfAbsent: false, IfValue: null } ? write with { Ending = Ending.Done, Ended = clock() } : write;
        }

        return outcome.GetProperty("status").GetInt32() switch
        {
            200 => write with { Ending = Ending.Done, Existed = true, Ended = clock() },
            201 => write with { Ending = Ending.Done, Existed = false, Ended = clock() },
            204 => write with { Ending = Ending.Done, Existed = true, Ended = clock() },
            404 or 412 => write with { Ending = Ending.Declined, Ended = clock() },
            var status => write with { Wrong = $"an outcome with status {status}" },
        };
    }

    /// <summary>Who was told 202, or got a position and no outcome, finds a lost write among those that some node rolled back.</summary>
    private async Task LostWritesAreKept(IEnumerable<Operation> history)
    {
        var kept = new HashSet<Spot>();
        foreach (var node in _lost.Count > 0 ? nodes : [])
        {
            using var answer = JsonDocument.Parse(await node.Http.GetStringAsync(new Uri("/cluster/rolled-back?limit=1000", UriKind.Relative)));
            kept.UnionWith(answer.RootElement.GetProperty("items").EnumerateArray().Select(item => Spot.Parse(item.GetProperty("position").GetString()!)));
        }

        _violations.AddRange(history
            .Where(o => o is { Writes: true, At: { } at } && _lost.Contains(at) && !kept.Contains(at) && !Untraceable(o))
            .Select(o => $"lost, and no node has it among what it rolled back: {o}"));
    }

    private void Violated(string sentence)
    {
        lock (_violations)
        {
            _violations.Add(sentence);
        }
    }

    /// <summary>What is there in the end is one more read.</summary>
    private static Operation Final(string key, Stored? stored, TimeSpan moment) => new()
    {
        Client = Client,
        Key = key,
        Asked = Asked.Read,
        Level = Level.Linearizable,
        Value = stored is null ? null : Answers.Value(stored.Body),
        Version = stored is null ? null : Spot.Parse(stored.Version),
        Sent = moment,
        Ended = moment + TimeSpan.FromMilliseconds(1),
        Node = "all",
    };
}
