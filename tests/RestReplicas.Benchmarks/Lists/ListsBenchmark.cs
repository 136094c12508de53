using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Lists;

/// <param name="Requests">Of each question, in each round.</param>
internal sealed record ListsPlan(int Rounds, int Requests, int Small, int Large, string Folder);

/// <summary>
/// One client asks a follower the same questions about a small collection and a large one, in turns. What counts is the
/// ratio of the medians: with an index it should hardly depend on how many documents there are.
/// </summary>
internal sealed class ListsBenchmark(ListsPlan plan)
{
    private static readonly TimeSpan FillingLimit = TimeSpan.FromMinutes(10);

    private static readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(1) };

    public async Task Run(CancellationToken cancelled)
    {
        await using var ours = new Ours(new Loopback(), Directory.CreateDirectory(Path.Combine(plan.Folder, "lists-logs")).FullName);
        Console.WriteLine($"Starting three replicas and writing {plan.Small:N0} and {plan.Large:N0} documents");
        await ours.Begin(cancelled);
        var leader = await ours.Leader(cancelled);
        foreach (var (collection, documents) in Collections)
        {
            await Fill(ours.Urls[leader], collection, documents, cancelled);
        }

        var follower = ours.Urls[(leader + 1) % Ground.Members];
        foreach (var (collection, _) in Collections)
        {
            foreach (var path in (string[])["group", "total"])
            {
                await Index(ours.Urls[leader], follower, collection, path, cancelled);
            }
        }

        var table = new MarkdownTable(1, "question", $"ms of {plan.Small:N0}", $"ms of {plan.Large:N0}", "ratio", "range of ratios", $"read of {plan.Large:N0}");
        foreach (var question in Question.All)
        {
            table.Add(await Measure(follower, question, cancelled));
        }

        var text = $"Medians of {plan.Rounds} rounds of {plan.Requests} requests, one client, a follower's answers. {Machine.InWords}\n\n{table}\n";
        Console.WriteLine();
        Console.WriteLine(text);
        await File.WriteAllTextAsync(Path.Combine(plan.Folder, "lists.md"), text, cancelled);
    }

    private (string Name, int Documents)[] Collections => [("small", plan.Small), ("large", plan.Large)];

    private static async Task Fill(Uri leader, string collection, int documents, CancellationToken cancelled) =>
        await Parallel.ForAsync(0, documents, new ParallelOptions { MaxDegreeOfParallelism = 128, CancellationToken = cancelled }, async (number, stop) =>
        {
            using var answer = await _http.PutAsync(
                new Uri(leader, string.Create(CultureInfo.InvariantCulture, $"/v1/{collection}/d{number}")), Json(Question.Document(number, documents)), stop);
            answer.EnsureSuccessStatusCode();
        });

    private static async Task Index(Uri leader, Uri asked, string collection, string path, CancellationToken cancelled)
    {
        var watch = Stopwatch.StartNew();
        using var made = await _http.PutAsync(new Uri(leader, $"/v1/{collection}/_indexes/by-{path}"), Json($$"""{"path":"{{path}}"}"""), cancelled);
        made.EnsureSuccessStatusCode();
        await Eventually.Holds(
            async () =>
            {
                using var answer = await _http.GetAsync(new Uri(asked, $"/v1/{collection}/_indexes/by-{path}"), cancelled);
                return answer.IsSuccessStatusCode
                    && JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancelled)).RootElement.GetProperty("state").GetString() == "ready";
            },
            FillingLimit,
            () => $"the index on {path} is filled");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The index on {collection}/{path} is ready on a follower after {watch.Elapsed.TotalSeconds:F1} s"));
    }

    private async Task<string[]> Measure(Uri asked, Question question, CancellationToken cancelled)
    {
        var rounds = new List<(double Small, double Large)>();
        var read = "";
        for (var round = -1; round < plan.Rounds; round++)
        {
            var medians = new List<double>();
            foreach (var (collection, documents) in Collections)
            {
                (var median, read) = await Median(asked, question, collection, documents, cancelled);
                medians.Add(median);
            }

            if (round >= 0)
            {
                rounds.Add((medians[0], medians[1]));
            }
        }

        Console.Write('.');
        var ratios = rounds.Select(r => r.Large / r.Small).Order().ToList();
        if (read is "")
        {
            return [question.Word, Text(Middle(rounds.Select(r => r.Small))), "refused", "–", "–", "–"];
        }

        return
        [
            question.Word,
            Text(Middle(rounds.Select(r => r.Small))), Text(Middle(rounds.Select(r => r.Large))), Text(Middle(ratios)), $"{Text(ratios[0])}–{Text(ratios[^1])}", read,
        ];
    }

    /// <summary>With the number of documents that were read for the last page; none: it was refused.</summary>
    private async Task<(double Milliseconds, string Read)> Median(Uri asked, Question question, string collection, int documents, CancellationToken cancelled)
    {
        var times = new List<double>();
        var read = "";
        for (var i = 0; i < plan.Requests; i++)
        {
            var url = new Uri(asked, $"/v1/{collection}?{question.Ask(documents, i)}");
            var started = Stopwatch.GetTimestamp();
            using var answer = await _http.GetAsync(url, cancelled);
            await answer.Content.ReadAsByteArrayAsync(cancelled);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            read = answer.IsSuccessStatusCode ? answer.Headers.GetValues("Server-Timing").Single().Split('"')[1].Split(' ')[0] : "";
        }

        return (Middle(times), read);
    }

    private static double Middle(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;

    private static string Text(double value) => value.ToString(value < 10 ? "F2" : "F0", CultureInfo.InvariantCulture);

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
