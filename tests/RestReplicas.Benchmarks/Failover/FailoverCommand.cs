using System.CommandLine;

namespace RestReplicas.Benchmarks.Failover;

internal static class FailoverCommand
{
    private const string Examples = """
        failover                          all faults, 20 rounds each: about 40 minutes
        failover --rounds 5               a first look: about 10 minutes
        failover --only kill,transfer     only these faults
        failover --without-etcd           ours alone
        """;

    public static Command Make()
    {
        var rounds = CommandLine.Number("--rounds", "Faults of each kind", 1, 1000, 20);
        var only = CommandLine.Only("Only these faults", "FAULTS", Fault.All, f => f.Word);
        var withoutEtcd = CommandLine.WithoutEtcd();
        var output = new Option<string>("--output")
        {
            Description = "Where the table is written as Markdown; the nodes' logs are put beside it",
            HelpName = "FILE",
            DefaultValueFactory = _ => Path.Combine(CommandLine.Artifacts, "failover.md"),
        };
        return new BenchmarkCommand(
            "failover",
            "Time without acknowledged writes when the leader is killed, frozen, cut off, asked to hand over or to stop.",
            Examples,
            (parsed, cancelled) => new FailoverBenchmark(new(
                parsed.GetValue(rounds),
                parsed.GetValue(only) ?? Fault.All,
                !parsed.GetValue(withoutEtcd),
                Path.GetFullPath(parsed.GetValue(output)!))).Run(cancelled))
        {
            rounds, only, withoutEtcd, output,
        };
    }
}
