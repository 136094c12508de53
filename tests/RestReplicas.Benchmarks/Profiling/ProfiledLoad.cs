using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Driving;

namespace RestReplicas.Benchmarks.Profiling;

/// <param name="Mix">Null: nothing is asked, and a second counts as an operation.</param>
internal sealed record ProfiledLoad(string Word, bool AtLeader, Func<Contestant, Mix>? Mix)
{
    public static readonly IReadOnlyList<ProfiledLoad> All =
    [
        new("writes", AtLeader: true, c => new(c.Put)),
        new("local", AtLeader: false, c => new(c.Get(linearizable: false))),
        new("linearizable-leader", AtLeader: true, c => new(c.Get(linearizable: true))),
        new("linearizable-follower", AtLeader: false, c => new(c.Get(linearizable: true))),
        new("mix", AtLeader: true, c => new(c.Get(linearizable: false), c.Put, RareShare: 0.1)),
        new("idle", AtLeader: true, Mix: null),
    ];
}
