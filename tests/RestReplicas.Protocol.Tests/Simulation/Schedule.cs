namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>Simulated time: what is to happen, in order. Equal times happen in the order in which they were planned.</summary>
internal sealed class Schedule
{
    private readonly PriorityQueue<Action, (TimeSpan At, long Number)> _events = new();
    private long _number;

    public TimeSpan Now { get; private set; }

    public void In(TimeSpan delay, Action action) => _events.Enqueue(action, (Now + delay, ++_number));

    public void RunNext()
    {
        _events.TryDequeue(out var action, out var key);
        Now = key.At;
        action!();
    }
}

/// <summary>The dice of one run. Every choice in a simulated world comes from here.</summary>
internal sealed class Dice(ulong seed)
{
    private readonly Random _random = new((int)(seed * 2654435761 % int.MaxValue));

    public bool Chance(double probability) => _random.NextDouble() < probability;

    public int Next(int below) => _random.Next(below);

    public ulong Word() => (ulong)_random.NextInt64();

    public Guid Id()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        return new(bytes);
    }

    public T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    public double Between(double low, double high) => low + ((high - low) * _random.NextDouble());

    public TimeSpan Milliseconds(double low, double high) => TimeSpan.FromMilliseconds(Between(low, high));

    /// <summary>Mostly near the low end, sometimes far out: how real delays are spread.</summary>
    public TimeSpan Delay(double typicalMilliseconds) =>
        TimeSpan.FromMilliseconds(typicalMilliseconds * (0.2 - Math.Log(1 - _random.NextDouble())));
}
