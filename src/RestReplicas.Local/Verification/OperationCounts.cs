namespace RestReplicas.Local.Verification;

/// <summary>How many operations of each kind ended how.</summary>
internal sealed class OperationCounts
{
    private readonly SortedDictionary<string, int> _rows = new(StringComparer.Ordinal);

    public int Total => _rows.Values.Sum();

    /// <summary>Writes and reads that were answered.</summary>
    public int Answered { get; private set; }

    /// <summary>Writes of which nobody can say whether they happened.</summary>
    public int Unknown { get; private set; }

    public IReadOnlyDictionary<string, int> Rows => _rows;

    public void Add(IEnumerable<Operation> history)
    {
        foreach (var operation in history.Where(o => o.Client != Settlement.Client))
        {
            var row = $"{What(operation)}: {How(operation)}";
            _rows[row] = _rows.GetValueOrDefault(row) + 1;
            Answered += operation.Ending is Ending.Done or Ending.Declined ? 1 : 0;
            Unknown += operation is { Writes: true, Ending: Ending.Unknown } ? 1 : 0;
        }
    }

    private static string What(Operation operation) => operation switch
    {
        { Writes: true } => "write",
        { Asked: Asked.LookUp } => "position looked up",
        { MinPosition: not null } => "read, minPosition",
        { MaxStaleness: not null } => "read, maxStaleness",
        _ => $"read, {operation.Level}".ToLowerInvariant(),
    };

    private static string How(Operation operation) => operation switch
    {
        { ToldLost: true } => "told that the write was lost",
        { Writes: true, Ending: Ending.Never } => operation.Accepted ? "accepted by a leader, and lost" : "refused",
        { Ending: Ending.Never } => "no answer",
        { Writes: true, Ending: Ending.Done, Acknowledged: false } => operation.Accepted ? "accepted by a leader, and committed" : "found committed later",
        { Writes: true, Ending: Ending.Done } => "acknowledged",
        { Fate: { } fate } => fate.ToString().ToLowerInvariant(),
        { Ending: Ending.Done } => "answered",
        { Ending: Ending.Declined } => "its condition did not hold",
        _ => "unknown",
    };
}
