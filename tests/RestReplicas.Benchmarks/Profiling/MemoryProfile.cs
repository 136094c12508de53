using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using RestReplicas.Benchmarks.Driving;

namespace RestReplicas.Benchmarks.Profiling;

/// <summary>
/// What the runtimes told of their memory: an event after about every 100 kB that were allocated, with the last object's type
/// and stack, and one for each collection.
/// </summary>
internal sealed class MemoryProfile(Driven driven)
{
    private const int CollectionStarts = 1;
    private const int RestartEnds = 3;
    private const int SuspendBegins = 9;
    private const int AllocationTick = 10;
    private readonly List<Allocation> _allocations = [];
    private readonly MarkdownTable _collections = new(
        1, "node", "bytes per operation", "gen 0", "gen 1", "gen 2", "all pauses, ms", "longest, ms");

    private sealed record Allocation(bool AtLeader, long Bytes, string Type, string By, string Ours);

    /// <param name="events">Of one node, while it was looked at.</param>
    public void Add(string node, bool leads, IReadOnlyList<TraceEvent> events, PerfMap map)
    {
        var allocations = events.Where(e => e.Id == AllocationTick).Select(e => Read(e, leads, map)).ToList();
        _allocations.AddRange(allocations);
        var generations = events
            .Where(e => e.Id == CollectionStarts)
            .Select(e => BinaryPrimitives.ReadInt32LittleEndian(e.Payload.Span[sizeof(int)..])) // after the number of the collection
            .ToList();
        var pauses = Pauses(events);
        _collections.Add(
            $"{node}, {(leads ? "leader" : "follower")}",
            Text((double)allocations.Sum(a => a.Bytes) / driven.Answers),
            Text(generations.Count(g => g == 0)),
            Text(generations.Count(g => g == 1)),
            Text(generations.Count(g => g == 2)),
            Text(pauses.Sum()),
            Text(pauses.DefaultIfEmpty().Max()));
    }

    public string InWords(int lines) => string.Create(CultureInfo.InvariantCulture, $"""
        {driven.Throughput:N0} operations in a second while the runtimes told of their memory; collections in {driven.Seconds:0} s:

        {_collections}

        Allocated bytes for one operation, by type:

        {By("type", lines, a => a.Type)}

        By the innermost function of ours:

        {By("function", lines, a => a.Ours)}

        By the function that allocates (of those that the JIT compiled), and type:

        {By("function: type", lines, a => $"{a.By}: {a.Type}")}
        """);

    private string By(string head, int lines, Func<Allocation, string> key)
    {
        var table = new MarkdownTable(1, head, "leader", "a follower");
        foreach (var group in _allocations.GroupBy(key).OrderByDescending(g => g.Sum(a => a.Bytes)).Take(lines))
        {
            table.Add(
                Names.Cell(group.Key),
                Text((double)group.Where(a => a.AtLeader).Sum(a => a.Bytes) / driven.Answers),
                Text(group.Where(a => !a.AtLeader).Sum(a => a.Bytes) / 2.0 / driven.Answers));
        }

        return table.ToString();
    }

    /// <summary>AllocationTick: amount, kind, instance (4, 4 and 2 bytes), amount in 8 bytes, the type's address, its name.</summary>
    private static Allocation Read(TraceEvent tick, bool leads, PerfMap map)
    {
        var payload = tick.Payload.Span;
        var name = MemoryMarshal.Cast<byte, char>(payload[26..]);
        var functions = tick.Stack.Select(map.Function).OfType<string>().ToList();
        return new(
            leads,
            BinaryPrimitives.ReadInt64LittleEndian(payload[10..]),
            Names.Clean(name[..name.IndexOf('\0')].ToString()),
            functions.FirstOrDefault("unknown"),
            functions.FirstOrDefault(f => Parts.Folder(f) is not null)
                ?? functions.Select(Parts.OfFunction).FirstOrDefault(p => p is not null)
                ?? "none");
    }

    private static List<double> Pauses(IReadOnlyList<TraceEvent> events)
    {
        var pauses = new List<double>();
        long? since = null;
        foreach (var e in events.Where(e => e.Id is SuspendBegins or RestartEnds).OrderBy(e => e.At))
        {
            if (e.Id == RestartEnds && since is { } begin)
            {
                pauses.Add(Stopwatch.GetElapsedTime(begin, e.At).TotalMilliseconds);
            }

            since = e.Id == SuspendBegins ? e.At : null;
        }

        return pauses;
    }

    private static string Text(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);
}
