namespace RestReplicas.Local;

/// <summary>What the user asked for, checked.</summary>
internal sealed record Plan(int Replicas, int Port, RedisChoice Redis, string Data, bool Fresh)
{
    /// <summary>Peer ports lie this far above the public ones: 8081 and 9081.</summary>
    private const int PeerOffset = 1000;

    public IReadOnlyList<Member> Members { get; } =
        [.. Enumerable.Range(0, Replicas).Select(i => new Member($"n{i + 1}", Port + i, Port + i + PeerOffset, Path.Combine(Data, $"n{i + 1}")))];
}

/// <summary>One replica of the cluster on this machine.</summary>
internal sealed record Member(string Name, int Port, int PeerPort, string Directory)
{
    /// <summary>By number, not as "localhost": browsers take the two for different origins.</summary>
    public string Url => $"http://127.0.0.1:{Port}";

    public string PeerUrl => $"http://127.0.0.1:{PeerPort}";

    public string Log => Directory + ".log";
}

internal abstract record RedisChoice
{
    /// <summary>A private server of our own if <c>redis-server</c> is installed, else none.</summary>
    public sealed record Auto : RedisChoice
    {
        public override string ToString() => "auto";
    }

    public sealed record None : RedisChoice
    {
        public override string ToString() => "none";
    }

    public sealed record At(string Host, int Port) : RedisChoice
    {
        public override string ToString() => $"{Host}:{Port}";
    }
}

/// <summary>Something that the user can put right; its message is all they need to read.</summary>
internal sealed class Refusal(string message) : Exception(message);
