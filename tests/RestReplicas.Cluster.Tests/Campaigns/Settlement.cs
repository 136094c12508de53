using System.Net;
using System.Text.Json;
using RestReplicas.Cluster.Tests.Checking;

namespace RestReplicas.Cluster.Tests.Campaigns;

/// <summary>
/// When all faults are over and all clients have stopped: what became of the writes whose clients do not know, what every
/// node holds, and then every check.
/// </summary>
internal sealed class Settlement(TestCluster cluster, string collection, Func<TimeSpan> clock)
{
    private readonly List<string> _violations = [];
    private readonly HashSet<Spot> _lost = [];

    /// <returns>Violations, the history that they were found in, and how many keys could not be decided.</returns>
    public async Task<(IReadOnlyList<string> Violations, IReadOnlyList<Operation> History, int Lost, int Undecided)> Judge(IReadOnlyList<Operation> recorded)
    {
        var contents = await Content.OfAll(cluster, collection);
        for (var i = 1; i < contents.Count; i++)
        {
            var differing = contents[0].Keys.Union(contents[i].Keys).Where(k => contents[0].GetValueOrDefault(k) != contents[i].GetValueOrDefault(k));
            _violations.AddRange(differing.Take(3).Select(k =>
                $"{cluster.Nodes[i].Name} holds something else: {k} is {contents[i].GetValueOrDefault(k)}, and {contents[0].GetValueOrDefault(k)} on {cluster.Nodes[0].Name}"));
        }

        var history = new List<Operation>();
        foreach (var operation in recorded)
        {
            history.Add(operation is { Writes: true, At: not null, Ending: Ending.Unknown or Ending.Never } ? await Decided(operation) : operation);
        }

        LostWritesAreKept(history);
        var last = clock();
        history.AddRange(history.Select(o => o.Key).Distinct().ToList().Select(key => Final(key, contents[0].GetValueOrDefault(key), last)));
        _violations.AddRange(new ReadPromises(history, _lost).Broken());
        var undecided = 0;
        foreach (var key in history.GroupBy(o => o.Key))
        {
            var ruling = Linearizability.Judge(key);
            undecided += ruling == Ruling.Undecided ? 1 : 0;
            if (ruling == Ruling.NotLinearizable)
            {
                _violations.Add($"the history of {key.Key} is not linearizable");
            }
        }

        return (_violations, history, _lost.Count, undecided);
    }

    /// <summary>By its position; all nodes that know must say the same.</summary>
    private async Task<Operation> Decided(Operation write)
    {
        var fates = new Dictionary<string, JsonElement>();
        foreach (var node in cluster.Nodes)
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
            _violations.Add($"nodes do not say one thing about a write, now that all is over: {string.Join(", ", fates.Keys)}: {write}");
            return write;
        }

        var (fate, said) = fates.Single();
        if (fate == "lost")
        {
            _lost.Add(write.At!.Value);
            return write with { Ending = Ending.Never };
        }

        if (write.Ending == Ending.Never)
        {
            _violations.Add($"a write happened of which it was said that it certainly did not: {write}");
        }

        // It took effect at some time until now.
        return said.GetProperty("outcome").GetProperty("status").GetInt32() switch
        {
            200 => write with { Ending = Ending.Done, Existed = true, Ended = clock() },
            201 => write with { Ending = Ending.Done, Existed = false, Ended = clock() },
            204 => write with { Ending = Ending.Done, Existed = true, Ended = clock() },
            404 or 412 => write with { Ending = Ending.Declined, Ended = clock() },
            var status => write with { Wrong = $"an outcome with status {status}" },
        };
    }

    /// <summary>Who was told 202, or got a position and no outcome, finds a lost write in some node's rolled-back/.</summary>
    private void LostWritesAreKept(IEnumerable<Operation> history)
    {
        var kept = cluster.Nodes
            .Select(n => Path.Combine(n.Settings["Node__DataDirectory"]!, "rolled-back"))
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateFiles)
            .SelectMany(File.ReadLines)
            .Select(line =>
            {
                using var json = JsonDocument.Parse(line);
                return Spot.Parse(json.RootElement.GetProperty("position").GetString()!);
            })
            .ToHashSet();
        _violations.AddRange(history
            .Where(o => o is { Writes: true, At: not null } && _lost.Contains(o.At.Value) && !kept.Contains(o.At.Value))
            .Select(o => $"lost, and in nobody's rolled-back/: {o}"));
    }

    /// <summary>What is there in the end is one more read.</summary>
    private static Operation Final(string key, Stored? stored, TimeSpan moment) => new()
    {
        Client = "end",
        Key = key,
        Asked = Asked.Read,
        Level = Level.Linearizable,
        Value = stored?.Body["""{"value":""".Length..^1].Trim('"'),
        Version = stored is null ? null : Spot.Parse(stored.Version),
        Sent = moment,
        Ended = moment + TimeSpan.FromMilliseconds(1),
        Node = "all",
    };
}
