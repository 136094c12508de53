using System.CommandLine;

namespace RestReplicas.Benchmarks.Catching;

internal static class CatchUpCommand
{
    private const string Examples = """
        catchup                                 as the target says: some minutes
        catchup --entries 50000 --seconds 2     a first look
        catchup --entries 1000000 --who learner the follower is no voter
        catchup --who wiped                     it comes back with an empty disk
        """;

    public static Command Make()
    {
        var entries = CommandLine.Number("--entries", "Writes while a follower is stopped", 1000, 100_000_000, 500_000);
        var seconds = CommandLine.Number("--seconds", "How long the highest load is looked for", 1, 600, 10);
        var who = new Option<string>("--who")
        {
            Description = "The follower is a voter, is made a learner first, or its disk is wiped meanwhile",
            DefaultValueFactory = _ => CatchUpPlan.Voter,
        }.AcceptOnlyFromAmong(CatchUpPlan.Voter, CatchUpPlan.Learner, CatchUpPlan.Wiped);
        var folder = CommandLine.Out();
        return new BenchmarkCommand(
            "catchup",
            "How fast a follower that was away catches up, while the leader takes half its highest load. RestReplicas alone.",
            Examples,
            (parsed, cancelled) => new CatchUpBenchmark(new(
                parsed.GetValue(entries),
                TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                parsed.GetValue(who)!,
                Path.GetFullPath(parsed.GetValue(folder)!))).Run(cancelled))
        {
            entries, seconds, who, folder,
        };
    }
}
