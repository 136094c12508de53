using System.Globalization;
using System.Runtime.InteropServices;

namespace RestReplicas.Cluster.Tests.Campaigns;

/// <summary><c>dotnet run --project tests/RestReplicas.Cluster.Tests -- campaign --minutes N --seed S</c></summary>
internal static class CampaignCommand
{
    public const string Name = "campaign";
    private static readonly string Help = $"""
        campaign [--minutes N] [--seed S] [--only KIND,KIND] [--also KIND,KIND]
          --only  these faults and no others; --also  these too, which are not in the default set
          {string.Join(", ", Enum.GetNames<FaultKind>())}
        """;

    private static readonly TimeSpan RoundLength = TimeSpan.FromSeconds(20);

    /// <returns>0: no violation; 1: there was one; 2: the command line is not understood.</returns>
    public static async Task<int> Run(string[] arguments)
    {
        var (minutes, seed, only, also) = (20.0, Random.Shared.Next(1_000_000), Array.Empty<FaultKind>(), Array.Empty<FaultKind>());
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            var understood = arguments[i] switch
            {
                "--minutes" => double.TryParse(value, CultureInfo.InvariantCulture, out minutes) && minutes is > 0 and < 10_000,
                "--seed" => int.TryParse(value, CultureInfo.InvariantCulture, out seed),
                "--only" => TryParse(value, out only),
                "--also" => TryParse(value, out also),
                _ => false,
            };
            if (!understood)
            {
                Console.WriteLine(Help);
                return 2;
            }
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true; // there are networks and disks to take down again
            stop.Cancel();
        }

        var ground = await Ground.Lay(members: 3);
        var kinds = (only.Length > 0 ? only : [.. Faults.Possible(ground, WallClock.CanBeMoved)]).Union(also).Order().ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A campaign of {minutes} minutes with seed {seed}: {ground.About}"));
        var cluster = new TestCluster(Campaign.Shape(ground));
        if (kinds.Contains(FaultKind.FailSync))
        {
            kinds.Remove(FaultKind.MoveClock); // both have to be preloaded, each alone
            cluster.Nodes.ToList().ForEach(FailingSyncs.Prepare);
        }

        Console.WriteLine($"Faults: {string.Join(", ", kinds)}");
        try
        {
            var campaign = new Campaign(cluster, seed, Console.WriteLine) { Kinds = kinds };
            await campaign.Run(TimeSpan.FromMinutes(minutes), RoundLength, stop.Token);
            foreach (var line in campaign.Table.Lines())
            {
                Console.WriteLine(line);
            }

            return campaign.Table.Violations.Count == 0 ? 0 : 1;
        }
        catch (Xunit.Sdk.FailException error)
        {
            Console.WriteLine($"The cluster did not start: {error.Message}");
            return 1;
        }
        finally
        {
            await cluster.End(showLogs: false);
        }
    }

    private static bool TryParse(string text, out FaultKind[] kinds)
    {
        var words = text.Split(',', StringSplitOptions.TrimEntries);
        kinds = [.. Enum.GetValues<FaultKind>().Where(k => words.Contains(k.ToString(), StringComparer.OrdinalIgnoreCase))];
        return kinds.Length == words.Length;
    }
}
