using Xunit;

// Most tests wait most of the time.
[assembly: CollectionBehavior(MaxParallelThreads = 8)]
