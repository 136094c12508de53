using RestReplicas.Benchmarks.Contestants;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Failover;

/// <summary>What happens to the leader, and how it is made good afterwards.</summary>
/// <param name="Word">On the command line.</param>
internal sealed record Fault(string Word, string Name, Func<Contestant, Ground, int, Task> Strike, Func<Contestant, Ground, int, Task> Mend)
{
    public static readonly IReadOnlyList<Fault> All =
    [
        new("kill", "kill -9", (c, _, leader) => Signal(c, leader, Posix.SigKill), Restart),
        new("sigstop", "SIGSTOP", (c, _, leader) => Signal(c, leader, Posix.SigStop), (c, _, leader) => Signal(c, leader, Posix.SigCont)),
        new("transfer", "transfer", (c, _, leader) => c.HandOver(leader), (_, _, _) => Task.CompletedTask),
        new("sigterm", "SIGTERM", (c, _, leader) => Signal(c, leader, Posix.SigTerm), Restart),
        new(Cable, "cut cable", (_, g, leader) => g.Cut(leader), (_, g, leader) => g.Heal(leader)),
    ];

    private const string Cable = "cut";

    public bool NeedsCables => Word == Cable;

    private static Task Signal(Contestant contestant, int leader, int signal)
    {
        contestant.Process(leader).Signal(signal);
        return Task.CompletedTask;
    }

    private static async Task Restart(Contestant contestant, Ground ground, int member)
    {
        await contestant.Ended(member);
        contestant.Start(member);
    }
}
