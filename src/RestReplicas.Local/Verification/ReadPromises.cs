namespace RestReplicas.Local.Verification;

/// <summary>
/// What every single read promises, whatever its level (protocol.md §7 and §8), judged by positions: of the state that
/// was read, of the document in it, and of the writes.
/// </summary>
internal sealed class ReadPromises
{
    private readonly IReadOnlyList<Operation> _operations;
    private readonly IReadOnlySet<Spot> _lost;

    /// <summary>Acknowledged writes by the end of each, with the highest index acknowledged until then.</summary>
    private readonly (TimeSpan Ended, Operation Highest)[] _acknowledged;

    /// <summary>States that were read, by the end of each, with the highest until then.</summary>
    private readonly (TimeSpan Ended, Operation Highest)[] _seen;

    /// <param name="lost">Positions of writes of which every node says in the end that they were lost.</param>
    public ReadPromises(IReadOnlyList<Operation> operations, IReadOnlySet<Spot> lost)
    {
        _operations = operations;
        _lost = lost;
        _acknowledged = Highest(operations.Where(o => o is { Writes: true, Acknowledged: true, At: not null }));
        _seen = Highest(Reads);
    }

    private IEnumerable<Operation> Reads => _operations.Where(o => o is { SawState: true, At: not null });

    /// <returns>A sentence for each promise that was broken.</returns>
    public IEnumerable<string> Broken() =>
    [
        .. _operations.Where(o => o.Wrong is not null).Select(o => $"an answer that the specification does not have: {o}"),
        .. Reads.SelectMany(Judge),
        .. _operations.Where(o => o.ToldLost && !_lost.Contains(o.MinPosition!.Value)).Select(o => $"told lost, and it is not: {o}"),
        .. _operations.Where(o => o.Fate == Fate.Lost && !_lost.Contains(o.At!.Value)).Select(o => $"told lost, and it is not: {o}"),
        .. _operations.Where(o => o.Fate == Fate.Committed && _lost.Contains(o.At!.Value)).Select(o => $"told committed, and it was lost: {o}"),
        .. TermsOfIndexes(),
        .. _operations.GroupBy(o => o.Key).SelectMany(VersionsOf),
        .. _operations.GroupBy(o => o.Key).SelectMany(StatesOf),
    ];

    private IEnumerable<string> Judge(Operation read)
    {
        var state = read.At!.Value.Index;
        if (read.Staleness is { } staleness && Before(_acknowledged, read.Sent - staleness) is { } write && write.At!.Value.Index > state)
        {
            yield return $"staler than it says: {read} lacks {write}";
        }

        if (read.MaxStaleness is { } most && (read.Staleness is not { } bound || bound > most))
        {
            yield return $"staler than asked for: {read}";
        }

        if (read.MinPosition is { } least && (state < least.Index || _lost.Contains(least)))
        {
            yield return state < least.Index ? $"older than the position asked for: {read}" : $"hides that {least} was lost: {read}";
        }

        if (read.Level == Level.Linearizable)
        {
            foreach (var earlier in new[] { Before(_acknowledged, read.Sent), Before(_seen, read.Sent) })
            {
                if (earlier is not null && earlier.At!.Value.Index > state)
                {
                    yield return $"not current: {read} comes after {earlier}";
                }
            }
        }
    }

    /// <summary>What is committed has one term for each index.</summary>
    private IEnumerable<string> TermsOfIndexes() => _operations
        .Where(o => o is { At: not null, Ending: Ending.Done, Asked: not Asked.LookUp })
        .GroupBy(o => o.At!.Value.Index)
        .Where(g => g.DistinctBy(o => o.At!.Value.Term).Count() > 1)
        .Select(g => $"two terms for one index: {string.Join(" and ", g.DistinctBy(o => o.At!.Value.Term))}");

    /// <summary>A version has one value, and a value one version.</summary>
    private static IEnumerable<string> VersionsOf(IEnumerable<Operation> key)
    {
        var pairs = key
            .Where(o => o is { Ending: Ending.Done, Value: not null, Asked: not Asked.LookUp })
            .Select(o => (Value: o.Value!, Version: o.Writes ? o.At : o.Version, Operation: o))
            .Where(p => p.Version is not null)
            .ToList();
        return pairs.GroupBy(p => p.Version).Where(g => g.DistinctBy(p => p.Value).Count() > 1)
            .Select(g => $"one version with two values: {string.Join(" and ", g.DistinctBy(p => p.Value).Select(p => p.Operation))}")
            .Concat(pairs.GroupBy(p => p.Value).Where(g => g.DistinctBy(p => p.Version).Count() > 1)
            .Select(g => $"one value with two versions: {string.Join(" and ", g.DistinctBy(p => p.Version).Select(p => p.Operation))}"));
    }

    /// <summary>A state has of each document the last write at or below its position, and nothing that nobody wrote.</summary>
    private static IEnumerable<string> StatesOf(IGrouping<string, Operation> key)
    {
        var writes = key.Where(o => o is { Writes: true, Ending: Ending.Done, At: not null }).OrderBy(o => o.At!.Value.Index).ToList();
        var values = key.Where(o => o is { Asked: Asked.Put, Ending: Ending.Done or Ending.Unknown }).ToLookup(o => o.Value);
        foreach (var read in key.Where(o => o is { SawState: true, At: not null }))
        {
            if (read.Value is not null && !values[read.Value].Any(w => w.Sent <= read.Ended))
            {
                yield return $"a value that nobody wrote, or of a write that certainly did not happen: {read}";
            }

            var last = writes.LastOrDefault(w => w.At!.Value.Index <= read.At!.Value.Index);
            if (last is null || (read.Version is { } version && version.Index > last.At!.Value.Index && version.Index <= read.At!.Value.Index))
            {
                continue; // What it saw is newer than all that is known of: an unknown outcome.
            }

            // Nothing there, after a put: an unknown delete may explain it.
            var deleted = read.Value is null && key.Any(o => o is { Asked: Asked.Delete, Ending: Ending.Unknown } && o.Sent <= read.Ended);
            if (read.Value != last.Value && !deleted)
            {
                yield return $"a write is missing in the state: {read} lacks {last}";
            }
        }
    }

    private static (TimeSpan Ended, Operation Highest)[] Highest(IEnumerable<Operation> operations)
    {
        Operation? highest = null;
        return
        [
            .. operations.OrderBy(o => o.Ended).Select(o =>
            {
                highest = highest is null || o.At!.Value.Index > highest.At!.Value.Index ? o : highest;
                return (o.Ended, highest);
            }),
        ];
    }

    /// <summary>The highest that ended before a moment.</summary>
    private static Operation? Before((TimeSpan Ended, Operation Highest)[] sorted, TimeSpan moment)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = sorted[middle].Ended < moment ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? null : sorted[low - 1].Highest;
    }
}
