using System.CommandLine;

namespace RestReplicas.Benchmarks.Profiling;

internal static class ProfileCommand
{
    private const string Examples = """
        profile                              where the processor time and the memory of a write go, at 64 connections
        profile --load local --seconds 5     of a local read on a follower
        profile --only time --lines 80       longer lists, and nothing about memory
        profile --load idle                  of a second in which nothing is asked
        profile --connections 1              of a write that has the cluster for itself
        """;

    public static Command Make()
    {
        var words = string.Join(", ", ProfiledLoad.All.Select(l => l.Word));
        var load = new Option<ProfiledLoad>("--load")
        {
            Description = $"What is profiled: {words} [default: {ProfiledLoad.All[0].Word}]",
            HelpName = "LOAD",
            CustomParser = r =>
            {
                var load = ProfiledLoad.All.FirstOrDefault(l => l.Word == r.Tokens[0].Value);
                if (load is null)
                {
                    r.AddError($"--load takes {words}, not '{r.Tokens[0].Value}'.");
                }

                return load;
            },
        };
        var only = CommandLine.Only("Only one of the two", "WHAT", Enum.GetValues<Looked>(), l => l.ToString().ToLowerInvariant());
        var connections = CommandLine.Number("--connections", "Closed loops", 1, 1000, 64);
        var seconds = CommandLine.Number("--seconds", "How long it is looked at", 1, 60, 10);
        var warmUp = CommandLine.Number("--warm-up", "Seconds of the same load before that", 1, 600, 15);
        var lines = CommandLine.Number("--lines", "How many functions and types are shown", 1, 1000, 40);
        var folder = CommandLine.Out();
        return new BenchmarkCommand(
            "profile",
            "Where the processor time and the memory of an operation go: by part of the program, by function, by node.",
            Examples,
            (parsed, cancelled) => new ProfileBenchmark(new(
                parsed.GetValue(load) ?? ProfiledLoad.All[0],
                parsed.GetValue(only) ?? Enum.GetValues<Looked>(),
                parsed.GetValue(connections),
                TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
                TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                parsed.GetValue(lines),
                Path.GetFullPath(parsed.GetValue(folder)!))).Run(cancelled))
        {
            load, only, connections, seconds, warmUp, lines, folder,
        };
    }
}
