using RestReplicas.Cluster.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: CollectionBehavior(MaxParallelThreads = 2)]
[assembly: TestCollectionOrderer(typeof(WaitingTogether))]

namespace RestReplicas.Cluster.Tests;

/// <summary>Tests that watch time limits: one at a time, with nothing beside them, on machines with as little as two cores.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TimeLimits
{
    public const string Name = "Time limits";
}

/// <summary>A class of tests that wait for half of their time or more, for a fault to be noticed, say.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class MostlyWaitingAttribute : Attribute;

/// <summary>
/// Those that wait have others beside them that wait, too: beside those that keep both cores busy they would hold each other
/// up. (xUnit starts collections in this order or in its reverse.)
/// </summary>
public sealed class WaitingTogether : ITestCollectionOrderer
{
    private static readonly List<string> Waiting =
        [.. typeof(WaitingTogether).Assembly.GetTypes().Where(t => t.IsDefined(typeof(MostlyWaitingAttribute), false)).Select(t => $" {t.FullName} ")];

    public IReadOnlyCollection<T> OrderTestCollections<T>(IReadOnlyCollection<T> testCollections)
        where T : ITestCollection =>
        [.. testCollections.OrderBy(c => Waiting.Any(name => c.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal)))];
}
