using RestReplicas.Protocol.Tests.Simulation;

namespace RestReplicas.Protocol.Tests.Scenarios;

/// <summary>One node of a story: a process that may be stopped or frozen, and a disk that stays.</summary>
internal sealed class Actor(NodeName name, SimDisk disk)
{
    private readonly Dictionary<long, Action<Response>> _asked = [];
    private long _questions;

    public NodeName Name => name;

    public SimDisk Disk { get; set; } = disk;

    /// <summary>Null: the process does not run.</summary>
    public Replica? Replica { get; private set; }

    /// <summary>The log as it is in memory.</summary>
    public SimLog Log { get; private set; } = new();

    /// <summary>Changes with every start: what a dead process waited for does not reach the next.</summary>
    public int Process { get; private set; }

    public bool Frozen { get; set; }

    /// <summary>Saves are asked for and do not end.</summary>
    public bool DiskHolds { get; set; }

    public long ApplyThrough { get; set; }

    public ReplicaView? Before { get; set; }

    /// <summary>What was told of it during this command.</summary>
    public HashSet<string> Told { get; } = [];

    public bool Acts => Replica is not null && !Frozen;

    public void Start(Replica replica)
    {
        Replica = replica;
        Process++;
        Log = Disk.Log.Copy();
        ApplyThrough = Disk.Applied;
        Before = replica.View;
    }

    /// <summary>What was not synced is lost.</summary>
    public void Stop()
    {
        Replica = null;
        Frozen = false;
        Process++;
        _asked.Clear();
        Disk.Asked.Clear();
    }

    public long Question(Action<Response> answer)
    {
        _asked.Add(++_questions, answer);
        return _questions;
    }

    public void Answer(Reply reply)
    {
        if (_asked.Remove(reply.Correlation, out var answer))
        {
            answer(reply.Response);
        }
    }

    public void Remember(Save save)
    {
        Log.Write(save);
        Disk.Asked.Enqueue(save);
    }
}
