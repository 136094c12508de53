using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace RestReplicas.Local.Verification;

/// <summary>The options of <c>verify</c>, their limits and their help.</summary>
internal static class VerifyCommand
{
    public const string Examples = """
        Examples:
          dotnet run --project src/RestReplicas.Local -- verify --nodes http://127.0.0.1:8081,http://127.0.0.1:8082,http://127.0.0.1:8083
          dotnet run --project src/RestReplicas.Local -- verify --nodes https://n1.example.org,https://n2.example.org --seconds 300 --concurrency 12

        It writes to one new collection, restreplicas-verify-…, and empties it at the end. Restart nodes or cut cables while it
        runs, if you like: what it checks must hold all the same. Ctrl-C ends the load early; what was seen is still checked.
        Credentials, sent with every request: RESTREPLICAS_API_KEY (as X-Api-Key), RESTREPLICAS_AUTHORIZATION (as Authorization).
        Exit code: 0 if every promise was kept and enough was seen to say so, else 1.
        """;

    private static readonly Option<Uri[]> Nodes = new("--nodes")
    {
        Description = "The nodes' addresses for clients, with commas between them; best all of them",
        HelpName = "URL,URL,URL",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = Urls,
    };

    private static readonly Option<int> Seconds = CommandLine.Whole("--seconds", "How long clients write and read", "N", 1, 86_400, 30);

    private static readonly Option<int> Seed =
        CommandLine.Whole("--seed", "Repeats the draws of an earlier run; what the cluster does with them may differ", "S", 0, int.MaxValue, null);

    private static readonly Option<int> Concurrency = CommandLine.Whole("--concurrency", "Clients at once", "N", 1, 256, 6);

    private static readonly Option<int> Keys =
        CommandLine.Whole("--keys", "Documents in use at a time; many clients on few make longer searches", "N", 1, 10_000, null);

    public static Command Make()
    {
        var command = new Command("verify", "Writes to and reads from a running cluster, and checks every promise over all that its clients saw.")
        {
            Nodes, Seconds, Seed, Concurrency, Keys,
        };
        command.SetAction(parsed =>
        {
            var concurrency = parsed.GetValue(Concurrency);
            var plan = new VerifyPlan(
                parsed.GetValue(Nodes)!,
                TimeSpan.FromSeconds(parsed.GetValue(Seconds)),
                parsed.GetResult(Seed) is null ? Random.Shared.Next() : parsed.GetValue(Seed),
                concurrency,
                parsed.GetResult(Keys) is null ? Math.Max(4, concurrency) : parsed.GetValue(Keys));
            return VerifyRun.Run(plan).GetAwaiter().GetResult();
        });
        return command;
    }

    private static Uri[] Urls(ArgumentResult result)
    {
        var urls = new List<Uri>();
        foreach (var text in result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.PathAndQuery != "/")
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"--nodes takes addresses like http://127.0.0.1:8081, not '{text}'"));
                continue;
            }

            urls.Add(url);
        }

        return [.. urls];
    }
}
