using System.Globalization;
using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests.Checking;

/// <summary>
/// Histories that are right because a store made them: every operation takes effect at one moment between its two ends, on
/// whatever is there then; local reads see the state of some moment before, and say how long before.
/// </summary>
internal static class RightHistory
{
    private const int Clients = 5;

    public static List<Operation> Draw(int seed, int length, int keys = 2)
    {
        var random = new Random(seed);
        var free = new double[Clients];
        var drawn = new List<(double Sent, double Effect, double Ended, int Client)>();
        for (var i = 0; i < length; i++)
        {
            var client = random.Next(Clients);
            var sent = free[client] + random.NextDouble();
            var effect = sent + (random.NextDouble() * 3);
            free[client] = effect + random.NextDouble();
            drawn.Add((sent, effect, free[client], client));
        }

        var states = new List<(double Since, Dictionary<string, (string Value, Spot Version)> Content)> { (double.MinValue, []) };
        var history = new List<Operation>();
        foreach (var (sent, effect, ended, client) in drawn.OrderBy(d => d.Effect))
        {
            var now = states[^1].Content;
            var key = string.Create(CultureInfo.InvariantCulture, $"k{random.Next(keys)}");
            var operation = new Operation
            {
                Client = string.Create(CultureInfo.InvariantCulture, $"c{client}"),
                Key = key,
                Asked = random.Next(2) == 0 ? Asked.Read : random.Next(5) == 0 ? Asked.Delete : Asked.Put,
                Sent = TimeSpan.FromMilliseconds(sent),
                Ended = TimeSpan.FromMilliseconds(ended),
            };
            if (!operation.Writes)
            {
                var linearizable = random.Next(2) == 0;
                var moment = linearizable ? effect : effect - (random.NextDouble() * 5);
                var last = states.FindLastIndex(s => s.Since <= moment);
                var found = states[last].Content.TryGetValue(key, out var document);
                history.Add(operation with
                {
                    Value = found ? document.Value : null,
                    Version = found ? document.Version : null,
                    At = new Spot(1, last),
                    Level = linearizable ? Level.Linearizable : Level.Local,
                    Staleness = TimeSpan.FromMilliseconds(Math.Max(0, sent - moment)),
                    MinPosition = new Spot(1, random.Next(last + 1)),
                });
                continue;
            }

            // What it does not know when it is told nothing: whether, when, and at which position.
            var value = string.Create(CultureInfo.InvariantCulture, $"v{history.Count}");
            var existed = now.TryGetValue(key, out var before);
            operation = operation with
            {
                Value = operation.Asked == Asked.Put ? value : null,
                IfValue = random.Next(3) == 0 ? (random.Next(2) == 0 && existed ? before.Value : "v0") : null,
                Existed = existed,
            };
            var at = new Spot(1, states.Count);
            var holds = (operation.IfValue is null || (existed && operation.IfValue == before.Value)) && (existed || operation.Asked == Asked.Put);
            var known = random.Next(8) > 0;
            if (holds)
            {
                var next = new Dictionary<string, (string Value, Spot Version)>(now);
                _ = operation.Asked == Asked.Put ? next[key] = (value, at) : default;
                _ = operation.Asked == Asked.Delete && next.Remove(key);
                states.Add((effect, next));
            }
            else
            {
                states.Add((effect, now));
            }

            history.Add(known
                ? operation with { Ending = holds ? Ending.Done : Ending.Declined, At = at, Acknowledged = holds, Current = holds || !existed ? null : before.Version }
                : operation with { Ending = Ending.Unknown, Existed = null });
        }

        return history;
    }
}
