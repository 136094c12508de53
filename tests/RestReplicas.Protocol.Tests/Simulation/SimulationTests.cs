using System.Globalization;

namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>
/// Three million steps over three hundred seeds, every check after every step. <c>SEED=7</c> replays one world,
/// <c>STEPS=50000</c> makes each longer, <c>SEEDS=1000</c> soaks.
/// </summary>
public sealed class SimulationTests
{
    private static readonly long Steps = Setting("STEPS", 10_000);
    private static readonly long Seeds = Setting("SEEDS", 300);

    [Fact]
    public void No_invariant_is_violated_in_any_world()
    {
        var seeds = Environment.GetEnvironmentVariable("SEED") is { Length: > 0 } one
            ? [ulong.Parse(one, CultureInfo.InvariantCulture)]
            : Enumerable.Range(1, (int)Seeds).Select(i => (ulong)i).ToArray();
        var looks = new Dictionary<string, long>();
        var steps = 0L;
        foreach (var seed in seeds)
        {
            var world = Run(seed, Steps);
            steps += world.Steps;
            foreach (var (what, count) in world.Observer.Looks)
            {
                looks[what] = looks.GetValueOrDefault(what) + count;
            }
        }

        TestContext.Current.SendDiagnosticMessage(
            $"{steps} steps over {seeds.Length} seeds; {string.Join(", ", looks.Select(l => $"{l.Value} {l.Key}"))}");
        if (seeds.Length >= 100)
        {
            Assert.True(steps >= 1_000_000 || Steps * seeds.Length < 1_000_000, $"only {steps} steps were run");
            string[] all = ["hard states", "elections", "acknowledged writes", "linearizable reads", "bounded reads", "position reads", "trims", "snapshots installed"];
            Assert.All(all, what => Assert.True(looks.GetValueOrDefault(what) > 100, $"hardly any {what} were checked"));
            string[] rare = ["repairs", "wiped disks", "transfers", "changes of voters"];
            Assert.All(rare, what => Assert.True(looks.GetValueOrDefault(what) > 5, $"hardly any {what} were seen"));
        }
    }

    [Fact]
    public void The_same_seed_makes_the_same_run()
    {
        Assert.Equal(Run(42, 20_000).Trace, Run(42, 20_000).Trace);
        Assert.NotEqual(Run(42, 5_000).Trace, Run(43, 5_000).Trace);
    }

    private static World Run(ulong seed, long steps)
    {
        try
        {
            var world = new World(seed);
            world.Run(steps);
            world.Converge();
            return world;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"replay with SEED={seed} STEPS={steps}: {e.Message}", e);
        }
    }

    private static long Setting(string name, long standard) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : standard;
}
