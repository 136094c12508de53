using System.Diagnostics;
using System.Globalization;

namespace RestReplicas.Protocol.Tests.Simulation.Planting;

/// <summary>
/// A simulator is as good as the bugs it has caught: it finds every one of these. <c>FAULT=quorum SEEDS=5000</c> looks longer
/// for those with that word in their name.
/// </summary>
public sealed class PlantedFaultTests
{
    private static readonly int Seeds =
        int.TryParse(Environment.GetEnvironmentVariable("SEEDS"), CultureInfo.InvariantCulture, out var seeds) ? Math.Max(400, seeds) : 400;

    private static readonly string Wanted = Environment.GetEnvironmentVariable("FAULT") ?? "";

    private const long Steps = 10_000;

    [Fact]
    public void The_simulator_finds_every_planted_fault()
    {
        var missed = new List<string>();
        Parallel.ForEach(PlantedFault.All.Where(f => f.Name.Contains(Wanted, StringComparison.Ordinal)), new() { MaxDegreeOfParallelism = Environment.ProcessorCount }, fault =>
        {
            var clock = Stopwatch.StartNew();
            var judge = Nursery.Grow(fault);
            for (var i = 0; i < Seeds; i++)
            {
                var seed = fault.Seed + i;
                if (judge((ulong)seed, Steps) is { } found)
                {
                    TestContext.Current.SendDiagnosticMessage($"{fault}: seed {seed}, {clock.Elapsed.TotalSeconds:0.0} s: {found}");
                    return;
                }
            }

            lock (missed)
            {
                missed.Add(fault.Name);
            }
        });
        Assert.True(missed.Count == 0, $"not found over {Seeds} seeds: {string.Join("; ", missed)}");
    }
}
