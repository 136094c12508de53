using System.CommandLine;

namespace RestReplicas.Benchmarks.Growing;

internal static class GrowthCommand
{
    private const string Examples = """
        growth                                                        as the targets say: some 10 minutes
        growth --large 100000 --writes 50000 --rounds 1 --seconds 2   a first look
        """;

    public static Command Make()
    {
        var small = CommandLine.Number("--small", "Documents of the small cluster", 100, 10_000_000, 10_000);
        var large = CommandLine.Number("--large", "Documents of the large cluster", 1000, 100_000_000, 1_000_000);
        var writes = CommandLine.Number("--writes", "Writes while a follower is dead", 1000, 100_000_000, 1_000_000);
        var rounds = CommandLine.Number("--rounds", "Rounds in which the two take turns; one more, not counted, comes before them", 1, 100, 3);
        var seconds = CommandLine.Number("--seconds", "How long each is measured in each round", 1, 600, 5);
        var warmUp = CommandLine.Number("--warm-up", "Seconds of the same load before that", 1, 600, 3);
        var folder = CommandLine.Out();
        return new BenchmarkCommand(
            "growth",
            "What many documents cost: writes, memory, starts; what a dead follower costs; what idling costs. RestReplicas alone.",
            Examples,
            (parsed, cancelled) => new GrowthBenchmark(new(
                parsed.GetValue(small),
                parsed.GetValue(large),
                parsed.GetValue(writes),
                parsed.GetValue(rounds),
                TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
                TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                Path.GetFullPath(parsed.GetValue(folder)!))).Run(cancelled))
        {
            small, large, writes, rounds, seconds, warmUp, folder,
        };
    }
}
