namespace RestReplicas.Protocol.Tests.Simulation;

/// <summary>Everything that goes wrong outside the network and the saves: processes, clocks, links, disks, Redis.</summary>
internal sealed class Faults(World world, FaultMix mix)
{
    private const double Period = 0.1;

    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(3);

    private readonly Dice _dice = world.Dice;
    private TimeSpan _wipedAt = -Noticed;
    public void Begin() => world.Schedule.In(TimeSpan.FromSeconds(Period), () =>
    {
        if (!world.Calm)
        {
            foreach (var node in world.Nodes)
            {
                Strike(node);
            }

            StrikeRedis();
            if (Happens(mix.Split))
            {
                Split();
            }

            Begin();
        }
    });

    public void StrikeNewLeader(SimNode node)
    {
        if (_dice.Chance(mix.NewLeader))
        {
            var way = _dice.Next(3);
            world.Schedule.In(_dice.Delay(15), () =>
            {
                if (node.Runs && !world.Calm)
                {
                    Action<SimNode> strike = way switch { 0 => Crash, 1 => CutSome, _ => n => n.Freeze(_dice.Delay(900)) };
                    strike(node);
                }
            });
        }
    }

    private void Strike(SimNode node)
    {
        if (node.Runs && Happens(mix.Crash))
        {
            Crash(node);
        }

        if (node.Runs && Happens(mix.Freeze))
        {
            node.Freeze(_dice.Delay(900));
        }

        if (node.Runs && node.View.Serving && Happens(mix.Transfer))
        {
            node.WhenAwake(() => node.Step(new TransferLeadership(null)));
        }

        if (node.Runs && node.View.Serving && Happens(mix.Members))
        {
            ChangeVoters(node);
        }

        if (Happens(mix.Cut))
        {
            CutSome(node);
        }

        if (Happens(mix.Damage) && MayDamage())
        {
            world.Observer.Looked("damages");
            node.Damage(evident: _dice.Chance(0.5));
        }

        if (Happens(mix.LowDisk))
        {
            node.SetLow(true);
            world.Schedule.In(_dice.Delay(1500), () => node.SetLow(false));
        }

        if (Happens(mix.WallJump))
        {
            Jump(node);
        }
    }

    private void Crash(SimNode node)
    {
        node.Stop();
        if (_dice.Chance(mix.Wipe * 10) && MayWipe(node))
        {
            world.Observer.Looked("wiped disks");
            node.Wipe(replacement: world.Observer.Founded && _dice.Chance(0.5));
            _wipedAt = world.Schedule.Now;
        }

        world.Schedule.In(_dice.Delay(700), () => StartUnlessRunning(node));
    }

    /// <summary>A majority of every configuration that anybody goes by keeps its disks: more is not promised.</summary>
    private bool MayWipe(SimNode node)
    {
        var left = world.Nodes.Where(n => n != node).Select(n => n.Disk.Id).ToHashSet();
        return world.Schedule.Now - world.Observer.ConfiguredAt > Noticed
            && !world.Nodes.Exists(n => n.Disk.Scarred)
            && world.Nodes.SelectMany(n => n.Configurations()).All(c => c.Voters.Count(v => left.Contains(v.Disk)) >= c.Majority);
    }

    /// <summary>
    /// Of the voters of every configuration all but this one are sound: else no majority can say what is right.
    /// </summary>
    private bool MayDamage()
    {
        var disks = world.Nodes.Select(n => n.Disk.Id).ToHashSet();
        return world.FoundingVoters >= 3
            && world.Nodes.TrueForAll(n => !n.Disk.Scarred)
            && world.Schedule.Now - world.Observer.ConfiguredAt > Noticed
            && world.Nodes.SelectMany(n => n.Configurations()).All(c => c.Voters.Count >= 3 && c.Voters.All(v => disks.Contains(v.Disk)));
    }

    /// <summary>
    /// Not while a disk has just been lost: who takes another one out before anybody can know has no majority left. Nor
    /// while a clock is far off: what is left of three voters may be that one.
    /// </summary>
    private void ChangeVoters(SimNode leader)
    {
        if (world.Schedule.Now - _wipedAt < Noticed || world.Nodes.Exists(n => IsFarOff(n) || n.Disk.Scarred))
        {
            return;
        }

        var change = new ChangeVoters(_dice.Pick(world.Nodes).Name, _dice.Chance(0.6));
        leader.WhenAwake(() => leader.Step(change));
    }

    private void CutSome(SimNode node)
    {
        var way = _dice.Next(3);
        foreach (var other in world.Nodes.Where(n => n != node && _dice.Chance(0.7)))
        {
            if (way != 0)
            {
                world.Network.Cut(node.Name, other.Name);
            }

            if (way != 1)
            {
                world.Network.Cut(other.Name, node.Name);
            }
        }

        world.Schedule.In(_dice.Delay(1500), world.Network.Heal);
    }

    /// <summary>Two camps, for long enough that both may have a leader: one of the past, with followers that still hear it.</summary>
    private void Split()
    {
        var here = world.Nodes.Where(_ => _dice.Chance(0.5)).ToList();
        foreach (var (one, other) in here.SelectMany(one => world.Nodes.Except(here).Select(other => (one, other))))
        {
            world.Network.Cut(one.Name, other.Name);
            world.Network.Cut(other.Name, one.Name);
        }

        world.Schedule.In(_dice.Delay(3000), world.Network.Heal);
    }

    /// <summary>Of three clocks at most one is wrong by hours; with fewer voters there is no median to protect them.</summary>
    private void Jump(SimNode node)
    {
        var mayBeFarOff = world.FoundingVoters >= 3
            && world.Nodes.TrueForAll(n => (n == node || !IsFarOff(n)) && n.Configurations().All(c => c.Voters.Count >= 2));
        node.WallError = mayBeFarOff && _dice.Chance(0.7) ? (long)_dice.Between(-1e8, 2e8) : (long)_dice.Between(-500, 500);
    }

    private static bool IsFarOff(SimNode node) => Math.Abs(node.WallError) >= 1000;

    private void StrikeRedis()
    {
        if (Happens(mix.RedisForgets))
        {
            world.Redis.Forget();
        }

        if (Happens(mix.RedisSilent) && !world.Redis.Silent)
        {
            world.Redis.Silent = true;
            world.Schedule.In(_dice.Delay(2500), () => world.Redis.Silent = false);
        }
    }

    private static void StartUnlessRunning(SimNode node)
    {
        if (!node.Runs)
        {
            node.Start();
        }
    }

    private bool Happens(double perSecond) => _dice.Chance(perSecond * Period);
}
