using System.ComponentModel.DataAnnotations;
using RestReplicas.Protocol;

namespace RestReplicas.Lease;

/// <summary>
/// The section <c>Lease</c>: who may try to lead (protocol.md §3). Durations are written <c>hh:mm:ss.fff</c>.
/// </summary>
public sealed record LeaseOptions : IValidatableObject
{
    /// <summary>
    /// Redis servers, as StackExchange.Redis configuration strings (<c>127.0.0.1:6379,password=…</c>). Several are
    /// independent servers, of which a majority grants the lease: use 1, 3 or 5. None (the default): voters stand
    /// without a lease, each after a random wait.
    /// </summary>
    [MaxLength(9)]
    public IReadOnlyList<string> Redis { get; init; } = [];

    /// <summary>How long the lease lasts unless renewed. 1 s to 1 min, default 5 s; longer than <c>ElectionSilence</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the leader renews it. 100 ms to 20 s, default 1 s; at most a third of <see cref="Ttl"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:20")]
    public TimeSpan RenewEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Redis silent for this long, and no leader heard: voters stand without a lease. 500 ms to 1 min, default 3 s;
    /// longer than <see cref="CallLimit"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:01:00")]
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long a call may take before its answer counts as unknown: a frozen server looks like a dead one. 10 ms to
    /// 10 s, default 400 ms; at most <see cref="RenewEvery"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:00:10")]
    public TimeSpan CallLimit { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>For connecting and for a ping. Generous: a busy machine is no reason to connect again.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What a leader does whose lease is lost or over. Default <see cref="LeaseLoss.KeepLeading"/>.</summary>
    [EnumDataType(typeof(LeaseLoss))]
    public LeaseLoss OnLoss { get; init; }

    /// <summary>The part that the protocol decides by; null without Redis.</summary>
    public LeaseRules? Rules => Redis.Count == 0 ? null : new LeaseRules
    {
        RenewEvery = RenewEvery,
        GiveUpAfter = GiveUpAfter,
        StepDownOnLoss = OnLoss == LeaseLoss.StepDown,
    };

    /// <summary>The rules between settings. The strings hold passwords, so no message repeats any of one.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RenewEvery * 3 > Ttl)
        {
            yield return new("Lease:RenewEvery must be at most a third of Lease:Ttl.", [nameof(RenewEvery)]);
        }

        if (CallLimit > RenewEvery)
        {
            yield return new("Lease:CallLimit must not be longer than Lease:RenewEvery.", [nameof(CallLimit)]);
        }

        if (GiveUpAfter <= CallLimit)
        {
            yield return new("Lease:GiveUpAfter must be longer than Lease:CallLimit.", [nameof(GiveUpAfter)]);
        }

        for (var i = 0; i < Redis.Count; i++)
        {
            if (!RedisServer.IsValid(Redis[i]))
            {
                yield return new($"Lease:Redis:{i} is not a StackExchange.Redis configuration string with an address.", [nameof(Redis)]);
            }
        }
    }
}

public enum LeaseLoss
{
    /// <summary>Go on: the votes made it leader, and only they depose it (protocol.md §5).</summary>
    KeepLeading = 0,

    /// <summary>The strict rule: step down, and never stand without a lease. Needs Redis to be available for writes to be.</summary>
    StepDown = 1,
}
