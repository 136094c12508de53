using System.Globalization;
using RestReplicas.Cluster.Tests.Checking;

namespace RestReplicas.Cluster.Tests.Campaigns;

/// <summary>What a campaign did and found.</summary>
internal sealed class CampaignTable
{
    private const int MostShown = 12;
    private readonly SortedDictionary<FaultKind, int> _faults = [];
    private readonly SortedDictionary<string, int> _operations = [];
    private int _rounds;

    public List<string> Violations { get; } = [];

    public int Lost { get; set; }

    public int Undecided { get; set; }

    public int Faults => _faults.Values.Sum();

    /// <summary>Writes and reads that were answered.</summary>
    public int Answered { get; private set; }

    public void Add(IReadOnlyList<Fault> plan, IReadOnlyList<Operation> history)
    {
        _rounds++;
        Answered += history.Count(o => o.Ending is Ending.Done or Ending.Declined);
        foreach (var fault in plan)
        {
            _faults[fault.Kind] = _faults.GetValueOrDefault(fault.Kind) + 1;
        }

        foreach (var operation in history)
        {
            var what = operation.Writes
                ? "write"
                : operation.MinPosition is not null ? "read, minPosition" : operation.MaxStaleness is not null ? "read, maxStaleness" : $"read, {operation.Level}";
            var ending = operation.Ending switch
            {
                Ending.Never => operation.Writes ? "refused" : "no answer",
                Ending.Done when operation.Writes => operation.Acknowledged ? "acknowledged" : "found committed later",
                var other => other.ToString(),
            };
            var row = $"{what}: {ending}";
            _operations[row] = _operations.GetValueOrDefault(row) + 1;
        }
    }

    public IEnumerable<string> Lines() =>
    [
        Row("rounds", _rounds),
        Row("faults injected", Faults),
        .. _faults.Select(f => Row($"  {f.Key}", f.Value)),
        Row("operations", _operations.Values.Sum()),
        .. _operations.Select(o => Row($"  {o.Key}", o.Value)),
        Row("writes with a position that were lost, as was said", Lost),
        Row("keys whose history was too long to decide", Undecided),
        Row("violations", Violations.Count),
        .. Violations.Take(MostShown).Select(v => $"  {v}"),
    ];

    private static string Row(string name, int count) => string.Create(CultureInfo.InvariantCulture, $"{name,-52} {count,8}");
}
