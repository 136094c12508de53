using System.CommandLine;

namespace RestReplicas.Benchmarks.Enduring;

internal static class EnduranceCommand
{
    private const string Examples = """
        endurance                           an hour of writes, with a log of 16 MiB
        endurance --minutes 5 --log-mib 1   a first look
        """;

    public static Command Make()
    {
        var minutes = CommandLine.Number("--minutes", "How long it is written", 1, 10_000, 60);
        var log = CommandLine.Number("--log-mib", "MiB that the log may keep (Storage:LogBytes, Storage:LogWindowBytes)", 1, 1 << 20, 16);
        var folder = CommandLine.Out();
        return new BenchmarkCommand(
            "endurance",
            "Whether disk and memory level off under writes at full speed, while the log is kept small. RestReplicas alone.",
            Examples,
            (parsed, cancelled) => new EnduranceBenchmark(new(
                parsed.GetValue(minutes), parsed.GetValue(log), Path.GetFullPath(parsed.GetValue(folder)!))).Run(cancelled))
        {
            minutes, log, folder,
        };
    }
}
