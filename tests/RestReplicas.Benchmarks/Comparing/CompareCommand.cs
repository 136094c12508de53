using System.CommandLine;

namespace RestReplicas.Benchmarks.Comparing;

internal static class CompareCommand
{
    private const string Examples = """
        compare                                             everything, 3 rounds and one not counted: about 15 minutes
        compare --rounds 1 --seconds 2 --only writes-64     a first look at one row
        compare --only local,mix --without-etcd             two rows, ours alone
        """;

    public static Command Make()
    {
        var rounds = CommandLine.Number("--rounds", "Rounds of each row that count; one more comes before them", 1, 100, 3);
        var seconds = CommandLine.Number("--seconds", "How long each contestant is measured in each round", 1, 600, 5);
        var warmUp = CommandLine.Number("--warm-up", "Seconds of the same load before that", 1, 600, 3);
        var only = CommandLine.Only("Only these rows", "ROWS", Row.All, r => r.Word);
        var withoutEtcd = CommandLine.WithoutEtcd();
        var folder = CommandLine.Out();
        return new BenchmarkCommand(
            "compare",
            "Writes and reads beside a three-node etcd and a bare Kestrel: throughput, latency and processor time, against the targets.",
            Examples,
            (parsed, cancelled) => new CompareBenchmark(new(
                parsed.GetValue(rounds),
                TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
                TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                parsed.GetValue(only) ?? Row.All,
                !parsed.GetValue(withoutEtcd),
                Path.GetFullPath(parsed.GetValue(folder)!))).Run(cancelled))
        {
            rounds, seconds, warmUp, only, withoutEtcd, folder,
        };
    }
}
