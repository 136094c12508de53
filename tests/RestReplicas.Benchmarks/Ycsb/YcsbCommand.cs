using System.CommandLine;

namespace RestReplicas.Benchmarks.Ycsb;

internal static class YcsbCommand
{
    private const string Examples = """
        ycsb                                                  A, B, C, D and F beside etcd, 3 rounds and one not counted: about 12 minutes
        ycsb --documents 2000 --rounds 1 --seconds 2 --only a  a first look at one
        ycsb --linearizable                                   reads that see every acknowledged write, on both sides
        """;

    public static Command Make()
    {
        var only = CommandLine.Only("Only these workloads", "WORKLOADS", Workload.All, w => w.Word);
        var documents = CommandLine.Number("--documents", "Documents of 1,000 bytes", 10, 10_000_000, 100_000);
        var connections = CommandLine.Number("--connections", "Closed loops", 1, 1000, 64);
        var rounds = CommandLine.Number("--rounds", "Rounds of each workload that count; one more comes before them", 1, 100, 3);
        var seconds = CommandLine.Number("--seconds", "How long each contestant is measured in each round", 1, 600, 10);
        var warmUp = CommandLine.Number("--warm-up", "Seconds of the same load before that", 1, 600, 5);
        var linearizable = new Option<bool>("--linearizable")
        {
            Description = "Linearizable reads, instead of local (etcd: serializable) ones",
        };
        var withoutEtcd = CommandLine.WithoutEtcd();
        var folder = CommandLine.Out();
        return new BenchmarkCommand(
            "ycsb",
            "The YCSB workloads A, B, C, D and F as published, beside a three-node etcd; all on the leader.",
            Examples,
            (parsed, cancelled) => new YcsbBenchmark(new(
                parsed.GetValue(only) ?? Workload.All,
                parsed.GetValue(documents),
                parsed.GetValue(connections),
                parsed.GetValue(rounds),
                TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
                TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                parsed.GetValue(linearizable),
                !parsed.GetValue(withoutEtcd),
                Path.GetFullPath(parsed.GetValue(folder)!))).Run(cancelled))
        {
            only, documents, connections, rounds, seconds, warmUp, linearizable, withoutEtcd, folder,
        };
    }
}
