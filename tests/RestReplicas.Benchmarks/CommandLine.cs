using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using RestReplicas.Benchmarks.Failover;

namespace RestReplicas.Benchmarks;

/// <summary>The benchmarks as commands, each with its options and examples.</summary>
internal static class CommandLine
{
    private const string Examples = """
        Examples:
          dotnet run -c Release --project tests/RestReplicas.Benchmarks -- failover                          all faults, 20 rounds each: about 40 minutes
          dotnet run -c Release --project tests/RestReplicas.Benchmarks -- failover --rounds 5               a first look: about 10 minutes
          dotnet run -c Release --project tests/RestReplicas.Benchmarks -- failover --only kill,transfer     only these faults
          dotnet run -c Release --project tests/RestReplicas.Benchmarks -- failover --without-etcd           ours alone
        """;

    /// <summary>Longer than ending all processes takes; after that, the kernel ends them with us.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(15);

    public static async Task<int> Run(string[] args)
    {
        var root = new RootCommand("Benchmarks of RestReplicas, beside its peers, on this machine.") { Failover() };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        // Ctrl-C and SIGTERM cancel the command, which then ends what it started.
        return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = EndLimit });
    }

    private static Command Failover()
    {
        var rounds = new Option<int>("--rounds") { Description = "Faults of each kind, 1 to 1000", HelpName = "N", DefaultValueFactory = _ => 20 };
        rounds.Validators.Add(r =>
        {
            if (r.Tokens is [var token] && (!int.TryParse(token.Value, out var n) || n is < 1 or > 1000))
            {
                r.AddError($"--rounds takes a whole number from 1 to 1000, not '{token.Value}'.");
            }
        });
        var only = new Option<Fault[]>("--only")
        {
            Description = "Only these faults, with commas between them: kill, sigstop, transfer, sigterm, cut [default: all]",
            HelpName = "FAULTS",
            CustomParser = r =>
            {
                var words = r.Tokens.SelectMany(t => t.Value.Split(',')).ToList();
                foreach (var word in words.Where(w => !Fault.All.Any(f => f.Word == w)))
                {
                    r.AddError($"--only takes {string.Join(", ", Fault.All.Select(f => f.Word))}, not '{word}'.");
                }

                return [.. Fault.All.Where(f => words.Contains(f.Word))];
            },
        };
        var withoutEtcd = new Option<bool>("--without-etcd") { Description = "Measure RestReplicas alone" };
        var output = new Option<string>("--output")
        {
            Description = "Where the table is written as Markdown; the nodes' logs are put beside it",
            HelpName = "FILE",
            DefaultValueFactory = _ => Path.Combine(Programs.Repository, "artifacts", "benchmarks", "failover.md"),
        };
        var command = new Command("failover", "Time without acknowledged writes when the leader is killed, frozen, cut off, asked to hand over or to stop.")
        {
            rounds, only, withoutEtcd, output,
        };
        command.SetAction(async (parsed, cancelled) =>
        {
            var plan = new FailoverPlan(
                parsed.GetValue(rounds), parsed.GetValue(only) is [_, ..] some ? some : Fault.All, !parsed.GetValue(withoutEtcd), Path.GetFullPath(parsed.GetValue(output)!));
            try
            {
                await new FailoverBenchmark(plan).Run(cancelled);
                return 0;
            }
            catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
            {
                Console.Error.WriteLine("Stopped. All processes are ended.");
                return 130;
            }
            catch (Exception error) when (error is Refusal or Xunit.Sdk.XunitException or TimeoutException)
            {
                Console.Error.WriteLine(error.Message);
                return 1;
            }
        });
        return command;
    }

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = help.Invoke(parseResult);
            Console.WriteLine(Examples);
            return code;
        }
    }
}
