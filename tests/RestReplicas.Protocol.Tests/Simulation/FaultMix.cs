namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>
/// Which faults a run has, drawn from its seed: some are fully off in a run, so that others show what they hide.
/// Probabilities of messages are per message; those of events are per simulated second and node.
/// </summary>
internal sealed record FaultMix
{
    /// <summary>What a message usually takes, milliseconds: in some worlds long enough for a leader to die in the midst of its first batch.</summary>
    public double Delay { get; init; }

    /// <summary>Entries in a batch, at most.</summary>
    public int Batch { get; init; }

    public double Loss { get; init; }

    public double Duplication { get; init; }

    public double LongDelay { get; init; }

    public double Crash { get; init; }

    /// <summary>Per election: the new leader is struck within moments.</summary>
    public double NewLeader { get; init; }

    public double Freeze { get; init; }

    /// <summary>Not a fault, but a leader that is told to go, in the midst of them.</summary>
    public double Transfer { get; init; }

    public double Cut { get; init; }

    /// <summary>Per second, for the whole world: it falls into two.</summary>
    public double Split { get; init; }

    public double SlowSave { get; init; }

    public double FailedSave { get; init; }

    public double WallJump { get; init; }

    public double Wipe { get; init; }

    /// <summary>An operator makes learners voters, and voters learners.</summary>
    public double Members { get; init; }

    /// <summary>A node's state is damaged: with evidence, or without.</summary>
    public double Damage { get; init; }

    /// <summary>A disk has less room than its reserve for a while.</summary>
    public double LowDisk { get; init; }

    /// <summary>Per snapshot, and per switch to one.</summary>
    public double FailedSnapshot { get; init; }

    /// <summary>Entries that are kept though nobody needs them, and entries at most.</summary>
    public long LogWindow { get; init; }

    public long LogLimit { get; init; }

    public double RedisForgets { get; init; }

    public double RedisSilent { get; init; }

    public double RedisLies { get; init; }

    public static FaultMix Draw(Dice dice)
    {
        double Maybe(double most) => dice.Chance(0.6) ? dice.Between(0, most) : 0;
        return new()
        {
            Delay = dice.Chance(0.3) ? 20 : 1,
            Batch = dice.Pick([1, 3, 6]),
            Loss = Maybe(0.1),
            Duplication = Maybe(0.1),
            LongDelay = Maybe(0.05),
            Crash = Maybe(0.15),
            NewLeader = Maybe(0.8),
            Freeze = Maybe(0.1),
            Transfer = Maybe(0.3),
            Cut = Maybe(0.2),
            Split = Maybe(0.2),
            SlowSave = Maybe(0.02),
            FailedSave = Maybe(0.002),
            WallJump = Maybe(0.1),
            Wipe = Maybe(0.03),
            Members = Maybe(0.2),
            Damage = Maybe(0.05),
            LowDisk = Maybe(0.1),
            FailedSnapshot = Maybe(0.3),
            LogWindow = dice.Pick([0, 5, 30, 1_000_000]),
            LogLimit = dice.Pick([10, 50, 1_000_000]),
            RedisForgets = Maybe(0.3),
            RedisSilent = Maybe(0.2),
            RedisLies = Maybe(0.3),
        };
    }
}
