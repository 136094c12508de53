namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>
/// Loses, delays, reorders and duplicates requests and answers; links are cut one way or both. Every request ends in
/// exactly one answer or failure at its sender, as over HTTP with a time limit.
/// </summary>
internal sealed class SimNetwork(Schedule schedule, Dice dice, FaultMix faults)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(900);

    private readonly HashSet<(NodeName From, NodeName To)> _cuts = [];

    public bool Calm { get; set; }

    public void Cut(NodeName from, NodeName to) => _cuts.Add((from, to));

    public void Heal() => _cuts.Clear();

    public bool IsCut(NodeName from, NodeName to) => _cuts.Contains((from, to));

    /// <param name="ask">Delivers the request at the receiver, which answers through the action, now or later.</param>
    /// <param name="done">The answer; null: none in time, or the connection was refused.</param>
    public void Exchange(SimNode from, SimNode to, Action<Action<Response>> ask, Action<Response?> done)
    {
        var ended = false;
        void End(Response? response)
        {
            if (!ended)
            {
                ended = true;
                done(response);
            }
        }

        void Deliver()
        {
            if (IsCut(from.Name, to.Name))
            {
                return;
            }

            if (!to.Runs)
            {
                schedule.In(Delay(), () => End(null));
                return;
            }

            to.WhenAwake(() => ask(response => Pass(to, from, () => End(response))));
        }

        Pass(from, to, Deliver);
        if (!Calm && dice.Chance(faults.Duplication))
        {
            Pass(from, to, Deliver);
        }

        schedule.In(Limit * dice.Between(0.5, 1), () => End(null));
    }

    private void Pass(SimNode from, SimNode to, Action deliver)
    {
        if (!IsCut(from.Name, to.Name) && (Calm || !dice.Chance(faults.Loss)))
        {
            schedule.In(Delay(), () =>
            {
                if (!IsCut(from.Name, to.Name))
                {
                    deliver();
                }
            });
        }
    }

    private TimeSpan Delay() => !Calm && dice.Chance(faults.LongDelay) ? dice.Delay(300) : dice.Delay(Calm ? 1 : faults.Delay);
}
