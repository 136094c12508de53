[assembly: CollectionBehavior(MaxParallelThreads = 2)]

namespace RestReplicas.Cluster.Tests;

/// <summary>Tests that watch time limits: one at a time, with nothing beside them, on machines with as little as two cores.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TimeLimits
{
    public const string Name = "Time limits";
}
