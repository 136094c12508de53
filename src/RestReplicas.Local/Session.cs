using System.Runtime.InteropServices;
using Spectre.Console;

namespace RestReplicas.Local;

/// <summary>
/// From start to stop. Everything here is synchronous on purpose: children are bound to the thread that starts them
/// (see <see cref="BoundToParent"/>), and the main thread lives as long as we do.
/// </summary>
internal sealed class Session : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Looking is a request to every replica, which would do little else while nobody uses them.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FirstLeaderLimit = TimeSpan.FromSeconds(60);

    private readonly ManualResetEvent _stop = new(false);
    private readonly ManualResetEvent _impatient = new(false);
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly Starter _starter = new();

    public static int Run(Plan plan)
    {
        using var session = new Session();
        session.Listen();
        Ports.Check(plan);
        using var folder = DataFolder.Open(plan);
        using var lease = Lease.Prepare(plan);
        using var cluster = new Cluster(plan, lease.Address);
        using var watch = new LeaderWatch(plan.Members);
        AnsiConsole.Status().Start($"Starting {(plan.Replicas == 1 ? "one replica" : $"{plan.Replicas} replicas")} and waiting for a leader", _ => session.WaitForLeader(cluster, watch));
        if (!session.Asked)
        {
            Advice.Print(plan, lease, cluster, watch.Leader!);
            session.Follow(cluster, lease, watch);
        }

        Console.WriteLine("Stopping.");
        cluster.Stop(session._impatient);
        return 0;
    }

    private bool Asked => _stop.WaitOne(0);

    public void Dispose()
    {
        _signals.ForEach(s => s.Dispose());
        _stop.Dispose();
        _impatient.Dispose();
    }

    private void Listen()
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT })
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true; // We end by ourselves, when the children have.
                if (Asked && context.Signal == PosixSignal.SIGINT)
                {
                    _impatient.Set();
                }

                _stop.Set();
            }));
        }
    }

    private void WaitForLeader(Cluster cluster, LeaderWatch watch)
    {
        var deadline = DateTime.UtcNow + FirstLeaderLimit;
        while (!watch.Look() && !_starter.Ended && !_stop.WaitOne(Pause))
        {
            if (cluster.Replicas.FirstOrDefault(r => r.Process.Ended) is { } ended)
            {
                throw new Refusal($"{ended.Member.Name} does not start: {ended.Process.LastLine} (log: {ended.Member.Log})");
            }

            if (DateTime.UtcNow > deadline)
            {
                throw new Refusal($"No leader after {FirstLeaderLimit.TotalSeconds:0} s; the logs are {string.Join(", ", cluster.Replicas.Select(r => r.Member.Log))}.");
            }
        }

        if (watch.Leader is null)
        {
            _stop.Set();
        }
    }

    private void Follow(Cluster cluster, Lease lease, LeaderWatch watch)
    {
        var leaseReported = false;
        while (!_stop.WaitOne(LookEvery) && !_starter.Ended)
        {
            foreach (var replica in cluster.Replicas.Where(r => r.Process.Ended && !r.Reported))
            {
                replica.Reported = true;
                Console.WriteLine($"{replica.Member.Name} {replica.Process.Ending}; the others go on. Its log: {replica.Member.Log}. To start it again, in another terminal:");
                Console.WriteLine($"  {cluster.CommandFor(replica.Member)}");
            }

            if (lease.Server is { Ended: true } server && !leaseReported)
            {
                leaseReported = true;
                Console.WriteLine($"redis-server {server.Ending}; the replicas go on without a lease.");
            }

            if (watch.Look())
            {
                Console.WriteLine(watch.Leader is { } leader ? $"{leader.Name} leads ({leader.Url})." : "Nobody leads.");
            }
        }
    }
}
