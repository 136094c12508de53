namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>
/// Clients that write (some with idempotency keys, repeated after every doubt; some with conditions) and read in every
/// way there is, and report what they were told.
/// </summary>
internal sealed class SimClients(World world)
{
    private const int Clients = 4;

    private readonly Dice _dice = world.Dice;
    private long _values;
    private long _keys;

    public long AcceptedWrites { get; private set; }

    public bool Quiet { get; set; }

    public void Begin()
    {
        for (var i = 0; i < Clients; i++)
        {
            Next();
        }
    }

    private void Next() => world.Schedule.In(_dice.Delay(40), () =>
    {
        if (!Quiet)
        {
            Act();
        }

        Next();
    });

    private void Act()
    {
        var node = _dice.Pick(world.Nodes);
        if (!node.Runs || node.View.Damaged is not null)
        {
            return;
        }

        switch (_dice.Next(8))
        {
            case 0 or 1 or 2 or 3: Write(NewCommand(node), world.Observer.Invoked(), attempts: 4); break;
            case 4 or 5: ReadCurrent(node); break;
            case 6: ReadHere(node); break;
            default: ReadAtPosition(node); break;
        }
    }

    private SimCommand NewCommand(SimNode node)
    {
        var key = _dice.Next(5);
        var condition = _dice.Chance(0.3) ? node.State.Registers.GetValueOrDefault(key).Version : -1;
        return new(key, ++_values, _dice.Chance(0.6) ? ++_keys : 0, condition);
    }

    /// <summary>Sent to some node; after silence, sent again if it carries a key: the first copy may be under way still.</summary>
    private void Write(SimCommand command, long newest, int attempts)
    {
        var node = world.Nodes.Find(n => n.Runs && n.View is { Serving: true, StorageFull: false } && _dice.Chance(0.8)) ?? _dice.Pick(world.Nodes);
        var ended = false;
        void Again(TimeSpan wait)
        {
            if (attempts > 0 && !Quiet)
            {
                world.Schedule.In(wait, () => Write(command, newest, attempts - 1));
            }
        }

        world.Schedule.In(_dice.Delay(1), () => node.WhenAwake(() => node.Write(command, (end, position) =>
        {
            ended = true;
            if (end == WriteEnd.Applied)
            {
                AcceptedWrites++;
                world.Observer.WriteAcknowledged(position, newest);
            }
            else
            {
                Again(_dice.Delay(100));
            }
        })));
        world.Schedule.In(_dice.Delay(1500), () =>
        {
            if (!ended && command.Once != 0)
            {
                Again(TimeSpan.Zero);
            }
        });
    }

    private void ReadCurrent(SimNode node)
    {
        var newest = world.Observer.Invoked();
        node.WhenAwake(() => node.Read(index =>
        {
            if (index >= 0)
            {
                world.Observer.LinearizableRead(index, newest);
            }
        }));
    }

    private void ReadHere(SimNode node) => node.WhenAwake(() =>
    {
        if (node.View.Damaged is null)
        {
            world.Observer.LocalRead(node, node.Applied, node.View.Freshness?.Staleness(node.Now));
        }
    });

    private void ReadAtPosition(SimNode node)
    {
        if (world.Positions.Count > 0)
        {
            var position = world.Positions[^(1 + _dice.Next(Math.Min(50, world.Positions.Count)))];
            node.WhenAwake(() =>
            {
                if (node.Applied >= position.Index)
                {
                    world.Observer.PositionRead(node, position);
                }
            });
        }
    }
}
