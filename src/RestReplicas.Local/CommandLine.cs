using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using RestReplicas.Local.Verification;

namespace RestReplicas.Local;

/// <summary>The options, their limits and their help. Whatever is wrong is one sentence on standard error and exit code 1.</summary>
internal static class CommandLine
{
    private const int MostReplicas = 9;

    private const string Examples = """
        Examples:
          dotnet run --project src/RestReplicas.Local                                    three replicas, their own Redis, data kept under ./data
          dotnet run --project src/RestReplicas.Local -- --fresh                         the same, beginning with nothing
          dotnet run --project src/RestReplicas.Local -- --replicas 5 --data /tmp/five   five replicas beside the others' data
          dotnet run --project src/RestReplicas.Local -- --port 7001 --redis none        other ports, elections without a lease
          dotnet run --project src/RestReplicas.Local -- --redis 127.0.0.1:6379          a Redis that is already there
          dotnet run --project src/RestReplicas.Local -- verify --nodes URL,URL,URL      checks a cluster that runs anywhere
        """;

    private static readonly Option<int> Replicas =
        Whole("--replicas", $"How many replicas, 1 to {MostReplicas}; an odd number makes sense", "N", 1, MostReplicas, 3);

    private static readonly Option<int> Port = Whole(
        "--port",
        "Public port of the first replica; the others follow it, and the ports between replicas are 1000 higher",
        "P",
        1,
        ushort.MaxValue - 1000 - MostReplicas,
        8081);

    private static readonly Option<RedisChoice> Redis = new("--redis")
    {
        Description = "The Redis for the lease: a server of its own (auto), a running one, or none",
        HelpName = "host:port|auto|none",
        CustomParser = ParseRedis,
        DefaultValueFactory = _ => new RedisChoice.Auto(),
    };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "Where the replicas keep their files",
        HelpName = "DIR",
        DefaultValueFactory = _ => "data",
    };

    private static readonly Option<bool> Fresh = new("--fresh") { Description = "Remove what earlier runs left in the data directory first" };

    public static int Run(string[] args, Func<Plan, int> run)
    {
        var root = new RootCommand("Starts a cluster of RestReplicas on this machine and stops it again on Ctrl-C.")
        {
            Replicas, Port, Redis, Data, Fresh, VerifyCommand.Make(),
        };
        root.SetAction(parsed => run(Read(parsed)));
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        var parsed = root.Parse(args);
        if (parsed.Errors is [var error, ..] && parsed.Action is not HelpWithExamples)
        {
            Console.Error.WriteLine($"{error.Message.TrimEnd('.')}. --help shows the options.");
            return 1;
        }

        try
        {
            // Not Invoke: it would move us off the main thread, whose life our children's lives are bound to.
            return ((SynchronousCommandLineAction)parsed.Action!).Invoke(parsed);
        }
        catch (Refusal refusal)
        {
            Console.Error.WriteLine(refusal.Message);
            return 1;
        }
    }

    private static Plan Read(ParseResult parsed) => new(
        parsed.GetValue(Replicas),
        parsed.GetValue(Port),
        parsed.GetValue(Redis)!,
        Path.GetFullPath(parsed.GetValue(Data)!),
        parsed.GetValue(Fresh));

    /// <param name="otherwise">Its default; null: the command's reader decides.</param>
    public static Option<int> Whole(string name, string description, string unit, int least, int most, int? otherwise)
    {
        var option = new Option<int>(name) { Description = description, HelpName = unit, CustomParser = r => Number(r, least, most) };
        if (otherwise is { } value)
        {
            option.DefaultValueFactory = _ => value;
        }

        return option;
    }

    private static int Number(ArgumentResult result, int least, int most)
    {
        var text = result.Tokens[0].Value;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < least || number > most)
        {
            result.AddError($"{Name(result)} takes a whole number from {least} to {most}, not '{text}'");
        }

        return number;
    }

    private static RedisChoice? ParseRedis(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var colon = text.LastIndexOf(':');
        switch (text)
        {
            case "auto":
                return new RedisChoice.Auto();
            case "none":
                return new RedisChoice.None();
            case var _ when colon > 0 && ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0:
                return new RedisChoice.At(text[..colon], port);
            default:
                result.AddError($"{Name(result)} takes host:port, auto or none, not '{text}'");
                return null;
        }
    }

    private static string Name(ArgumentResult result) => ((OptionResult)result.Parent!).Option.Name;

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = help.Invoke(parseResult);
            Console.WriteLine(parseResult.CommandResult.Command is RootCommand ? Examples : VerifyCommand.Examples);
            return code;
        }
    }
}
