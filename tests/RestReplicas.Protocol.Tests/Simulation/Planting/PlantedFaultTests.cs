using System.Diagnostics;

namespace RestReplicas.Protocol.Tests.Simulation.Planting;

/// <summary>A simulator is as good as the bugs it has caught: it finds every one of these.</summary>
public sealed class PlantedFaultTests
{
    private const int Seeds = 400;
    private const long Steps = 10_000;

    [Fact]
    public void The_simulator_finds_every_planted_fault()
    {
        var missed = new List<string>();
        Parallel.ForEach(PlantedFault.All, new() { MaxDegreeOfParallelism = Environment.ProcessorCount }, fault =>
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
