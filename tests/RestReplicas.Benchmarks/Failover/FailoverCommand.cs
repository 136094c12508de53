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
        var folder = CommandLine.Out();
        return new BenchmarkCommand(
            "failover",
            "Time without acknowledged writes when the leader is killed, frozen, cut off, asked to hand over or to stop.",
            Examples,
            (parsed, cancelled) => new FailoverBenchmark(new(
                parsed.GetValue(rounds),
                parsed.GetValue(only) ?? Fault.All,
                !parsed.GetValue(withoutEtcd),
                Path.GetFullPath(parsed.GetValue(folder)!))).Run(cancelled))
        {
            rounds, only, withoutEtcd, folder,
        };
    }
}
