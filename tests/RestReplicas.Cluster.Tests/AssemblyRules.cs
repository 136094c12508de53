// One cluster at a time: these tests watch time limits, on machines with as little as two cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
