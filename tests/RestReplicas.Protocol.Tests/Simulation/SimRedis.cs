namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>
/// A Redis with one lease that may forget it, be silent, and lie: grant it twice, or name a holder that never was.
/// </summary>
internal sealed class SimRedis(Schedule schedule, Dice dice, FaultMix faults)
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(5);

    private (string Token, TimeSpan Until)? _lease;
    private int _tokens;

    public bool Silent { get; set; }

    public bool Calm { get; set; }

    public event Action? Freed;

    private string? Holder => _lease is { } lease && lease.Until > schedule.Now ? lease.Token : null;

    public void Forget() => _lease = null;

    /// <summary>Carries a call out at the server, and says what it answers.</summary>
    public LeaseAnswer? Carry(LeaseCall call, string caller, TimeSpan callersClock)
    {
        if (Silent)
        {
            return call is LeaseCall.Release ? null : new LeaseAnswer.Unknown();
        }

        var lies = !Calm && dice.Chance(faults.RedisLies);
        switch (call)
        {
            case LeaseCall.Acquire when Holder is { } holder && !lies:
                return new LeaseAnswer.HeldByOther(holder, _lease!.Value.Until - schedule.Now);
            case LeaseCall.Acquire when lies && dice.Chance(0.3):
                return new LeaseAnswer.HeldByOther($"nobody:{dice.Next(3)}", Ttl);
            case LeaseCall.Acquire:
                return Grant($"{caller}:{++_tokens}", callersClock, keep: !lies || dice.Chance(0.5));
            case LeaseCall.Renew renew when Holder is null || Holder == renew.Token || lies:
                return Grant(renew.Token, callersClock, keep: true);
            case LeaseCall.Replace replace when Holder is null || Holder == replace.Token || lies:
                var granted = Grant($"{caller}:{++_tokens}", callersClock, keep: true);
                Freed?.Invoke();
                return granted;
            case LeaseCall.Renew or LeaseCall.Replace:
                return new LeaseAnswer.Lost();
            case LeaseCall.Release release:
                if (Holder == release.Token)
                {
                    _lease = null;
                }

                Freed?.Invoke();
                return null;
            default:
                throw new InvalidOperationException($"unknown call {call}");
        }
    }

    private LeaseAnswer.Granted Grant(string token, TimeSpan callersClock, bool keep)
    {
        if (keep)
        {
            _lease = (token, schedule.Now + Ttl);
        }

        return new(token, callersClock + Ttl);
    }
}
