namespace RestReplicas.Tests;

/// <summary>Waits end, but it never gets later: no limit of time is met, however slow the machine is.</summary>
internal sealed class StoppedClock : TimeProvider
{
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => 0;
}
