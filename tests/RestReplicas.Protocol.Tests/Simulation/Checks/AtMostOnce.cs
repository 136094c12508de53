namespace RestReplicas.Protocol.Tests.Simulation.Checks;

/// <summary>Invariant 9: an idempotency key takes effect at most once in its 24 hours (of true time).</summary>
internal sealed class AtMostOnce
{
    private readonly Dictionary<long, (Position Position, TimeSpan At)> _effects = [];

    public void Applied(Entry entry, bool? effect, TimeSpan now)
    {
        if (effect != true)
        {
            return;
        }

        var once = SimCommand.Decode(entry.Payload.Span).Once;
        if (once == 0 || _effects.TryAdd(once, (entry.Position, now)))
        {
            return;
        }

        var (position, at) = _effects[once];
        if (position != entry.Position && now - at < TimeSpan.FromHours(24))
        {
            throw new ViolationException(9, $"key {once} took effect at {position} and again at {entry.Position}");
        }
    }
}
