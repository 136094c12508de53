using Xunit;

// Most tests wait half of the time; with more beside each other, machines with two cores are late for their time limits.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace RestReplicas.Tests;

/// <summary>Tests that measure what the whole process holds: after all others, one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
