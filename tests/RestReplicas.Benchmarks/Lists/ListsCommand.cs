using System.CommandLine;

namespace RestReplicas.Benchmarks.Lists;

internal static class ListsCommand
{
    private const string Examples = """
        lists                                    2,000 documents against 200,000, 5 rounds: about 3 minutes
        lists --large 20000 --rounds 3           a first look
        """;

    public static Command Make()
    {
        var rounds = CommandLine.Number("--rounds", "Rounds of each question", 1, 100, 5);
        var requests = CommandLine.Number("--requests", "Requests of each question in each round", 1, 10_000, 100);
        var small = CommandLine.Number("--small", "Documents of the small collection", 1_000, 1_000_000, 2_000);
        var large = CommandLine.Number("--large", "Documents of the large collection", 1_000, 10_000_000, 200_000);
        var folder = CommandLine.Out();
        return new BenchmarkCommand(
            "lists",
            "Filters and sorts over a large collection and a small one, with an index and without.",
            Examples,
            (parsed, cancelled) => new ListsBenchmark(
                new(parsed.GetValue(rounds), parsed.GetValue(requests), parsed.GetValue(small), parsed.GetValue(large), Path.GetFullPath(parsed.GetValue(folder)!))).Run(cancelled))
        {
            rounds, requests, small, large, folder,
        };
    }
}
