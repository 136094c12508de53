using System.Collections.Concurrent;
using System.Globalization;

namespace RestReplicas.Local.Verification;

/// <summary>
/// Asks for one thing after the other and records what it asked and was told. A write is repeated only under an idempotency
/// key; then the whole series is one operation.
/// </summary>
/// <param name="keysAtOnce">Documents in use at a time; all clients use the same.</param>
internal sealed class RecordingClient(string name, int seed, IReadOnlyList<Uri> nodes, string collection, int keysAtOnce, HttpClient http, Func<TimeSpan> clock)
{
    private const int MostTries = 4;

    /// <summary>Few enough operations on each key for the search to be short.</summary>
    private static readonly TimeSpan KeysChange = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan PauseWhenRefused = TimeSpan.FromMilliseconds(60);
    private static readonly int[] Bounds = [0, 50, 200, 1_000];

    private readonly Random _random = new(seed);
    private readonly Requests _requests = new(http, nodes, new Random(unchecked(seed + 1_000_003)), collection, clock);
    private readonly Dictionary<string, (string? Value, Spot? Version)> _known = [];
    private readonly Promised _promised = new();
    private Spot? _highest;
    private int _number;

    public ConcurrentQueue<Operation> Operations { get; } = [];

    public async Task Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var done = await One();
            Operations.Enqueue(done);
            Learn(done);
            await Task.WhenAny(Task.Delay(done.Ending == Ending.Never ? PauseWhenRefused : Pause, stop));
        }
    }

    private Task<Operation> One()
    {
        _number++;
        var key = string.Create(CultureInfo.InvariantCulture, $"k{(int)(clock() / KeysChange)}-{_random.Next(keysAtOnce)}");
        var asked = new Operation { Client = name, Key = key, Asked = Asked.Put, Sent = clock(), Ended = clock() };
        var put = asked with { Value = string.Create(CultureInfo.InvariantCulture, $"{name}-{_number}") };
        var delete = asked with { Asked = Asked.Delete };
        var read = asked with { Asked = Asked.Read };
        var dice = _random.Next(100);

        // What a leader alone has promised is asked for again, above all when there is another leader.
        if (_promised.Next(dice) is { } position)
        {
            return dice % 3 == 0
                ? _requests.LookUp(asked with { Asked = Asked.LookUp, At = position })
                : _requests.Read(read with { MinPosition = position }, $"minPosition={position}");
        }

        return dice switch
        {
            < 12 => Write(put, "majority"),
            < 22 => Write(Conditional(put), "majority"),
            < 34 => Write(put, "leader"),
            < 39 => Write(Conditional(put), "all"),
            < 45 => Keyed(put),
            < 48 => Write(delete, "majority"),
            < 52 => Write(Conditional(delete), "majority"),
            < 70 => _requests.Read(read with { Level = Level.Linearizable }, "consistency=linearizable"),
            < 84 when _highest is { } highest => _requests.Read(read with { MinPosition = highest }, $"minPosition={highest}"),
            < 92 => Bounded(read, Bounds[_random.Next(Bounds.Length)]),
            < 95 => _requests.Read(read with { Level = Level.Leader }, "consistency=leader"),
            _ => _requests.Read(read, ""),
        };
    }

    /// <summary>On condition of what this client saw there last.</summary>
    private Operation Conditional(Operation write) => !_known.TryGetValue(write.Key, out var seen)
        ? write.Asked == Asked.Put ? write with { IfAbsent = true } : write
        : seen.Value is null
            ? write.Asked == Asked.Put ? write with { IfAbsent = true } : write
            : write with { IfValue = seen.Value, Current = seen.Version };

    private Task<Operation> Bounded(Operation read, int bound) => _requests.Read(
        read with { MaxStaleness = TimeSpan.FromMilliseconds(bound) }, string.Create(CultureInfo.InvariantCulture, $"maxStaleness={bound}"));

    private void Learn(Operation done)
    {
        _promised.Learn(done);
        if (done.ToldLost)
        {
            _highest = _highest == done.MinPosition ? null : _highest;
            return;
        }

        if (done.Asked == Asked.LookUp)
        {
            return;
        }

        if (done.At is { } at && done.Ending != Ending.Never && (_highest is not { } highest || at.Index > highest.Index || at.Term > highest.Term))
        {
            _highest = at;
        }

        if (done.Ending == Ending.Done)
        {
            _known[done.Key] = (done.Value, done.Writes ? done.At : done.Version);
        }
        else if (done.Ending == Ending.Declined)
        {
            _known.Remove(done.Key);
        }
    }

    private async Task<Operation> Keyed(Operation write)
    {
        var first = write.Sent;
        var told = await Write(write, "majority", idempotencyKey: write.Value);
        for (var tries = 1; told.Ending == Ending.Unknown && tries < MostTries; tries++)
        {
            var again = await Write(write with { Sent = clock() }, "majority", idempotencyKey: write.Value);
            told = again.Ending == Ending.Never ? told with { Ended = again.Ended } : again;
        }

        // Of several copies nobody knows which was the first; so an open one has no position to look up.
        return told with { Sent = first, At = told.Ending == Ending.Unknown ? null : told.At };
    }

    private Task<Operation> Write(Operation write, string acks, string? idempotencyKey = null) =>
        _requests.Write(write with { Current = null }, acks, write.Current, idempotencyKey);
}
