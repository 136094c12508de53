using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using RestReplicas.Benchmarks.Catching;
using RestReplicas.Benchmarks.Comparing;
using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Enduring;
using RestReplicas.Benchmarks.Failover;
using RestReplicas.Benchmarks.Growing;
using RestReplicas.Benchmarks.Lists;
using RestReplicas.Benchmarks.Profiling;
using RestReplicas.Benchmarks.Ycsb;

namespace RestReplicas.Benchmarks;

/// <summary>The benchmarks as commands, each with its options and examples.</summary>
internal static class CommandLine
{
    /// <summary>Longer than ending all processes takes; after that, the kernel ends them with us.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(15);

    public static string Artifacts => Path.Combine(Programs.Repository, "artifacts", "benchmarks");

    public static async Task<int> Run(string[] args)
    {
        if (args is [BareKestrel.Command, var url])
        {
            await BareKestrel.Serve(url);
            return 0;
        }

        var root = new RootCommand("Benchmarks of RestReplicas, beside its peers, on this machine.")
        {
            CompareCommand.Make(), ProfileCommand.Make(), GrowthCommand.Make(), CatchUpCommand.Make(), YcsbCommand.Make(),
            FailoverCommand.Make(), ListsCommand.Make(), EnduranceCommand.Make(),
        };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        // Ctrl-C and SIGTERM cancel the command, which then ends what it started.
        return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = EndLimit });
    }

    public static Option<int> Number(string name, string description, int least, int most, int usual)
    {
        var option = new Option<int>(name)
        {
            Description = $"{description}, {least} to {most}",
            HelpName = "N",
            DefaultValueFactory = _ => usual,
        };
        option.Validators.Add(r =>
        {
            if (r.Tokens is [var token]
                && (!int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) || n < least || n > most))
            {
                r.AddError($"{name} takes a whole number from {least} to {most}, not '{token.Value}'.");
            }
        });
        return option;
    }

    /// <summary>Some of what there is, by their words. Null: none is named, which stands for all.</summary>
    public static Option<IReadOnlyList<T>?> Only<T>(string description, string helpName, IReadOnlyList<T> all, Func<T, string> word)
    {
        var words = string.Join(", ", all.Select(word));
        return new("--only")
        {
            Description = $"{description}, with commas between them: {words} [default: all]",
            HelpName = helpName,
            CustomParser = r =>
            {
                var asked = r.Tokens.SelectMany(t => t.Value.Split(',')).ToList();
                foreach (var unknown in asked.Where(a => !all.Any(one => word(one) == a)))
                {
                    r.AddError($"--only takes {words}, not '{unknown}'.");
                }

                return [.. all.Where(one => asked.Contains(word(one)))];
            },
        };
    }

    public static Option<bool> WithoutEtcd() => new("--without-etcd") { Description = "Measure RestReplicas alone" };

    public static Option<string> Out() => new("--out")
    {
        Description = "The folder for tables, pictures and logs",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => Artifacts,
    };

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = help.Invoke(parseResult);
            var asked = parseResult.CommandResult.Command;
            Console.WriteLine("Examples (after: dotnet run -c Release --project tests/RestReplicas.Benchmarks --):");
            foreach (var command in asked.Subcommands.Append(asked).OfType<BenchmarkCommand>())
            {
                Console.WriteLine($"  {command.Examples.ReplaceLineEndings("\n  ")}");
            }

            return code;
        }
    }
}
