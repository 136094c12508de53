using System.Globalization;

namespace RestReplicas.Cluster.Tests.Campaigns;

/// <summary><c>dotnet run --project tests/RestReplicas.Cluster.Tests -- campaign --minutes N --seed S</c></summary>
internal static class CampaignCommand
{
    public const string Name = "campaign";
    private static readonly TimeSpan RoundLength = TimeSpan.FromSeconds(20);

    /// <returns>0: no violation; 1: there was one; 2: the command line is not understood.</returns>
    public static async Task<int> Run(string[] arguments)
    {
        var (minutes, seed) = (20.0, Random.Shared.Next(1_000_000));
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            var understood = arguments[i] switch
            {
                "--minutes" => double.TryParse(value, CultureInfo.InvariantCulture, out minutes) && minutes is > 0 and < 10_000,
                "--seed" => int.TryParse(value, CultureInfo.InvariantCulture, out seed),
                _ => false,
            };
            if (!understood)
            {
                Console.WriteLine("campaign [--minutes N] [--seed S]");
                return 2;
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A campaign of {minutes} minutes with seed {seed}"));
        var cluster = new TestCluster(new() { Relayed = true });
        try
        {
            var campaign = new Campaign(cluster, seed, Console.WriteLine) { Clocks = WallClock.CanBeMoved };
            await campaign.Run(TimeSpan.FromMinutes(minutes), RoundLength);
            foreach (var line in campaign.Table.Lines())
            {
                Console.WriteLine(line);
            }

            return campaign.Table.Violations.Count == 0 ? 0 : 1;
        }
        finally
        {
            await cluster.End(showLogs: false);
        }
    }
}
