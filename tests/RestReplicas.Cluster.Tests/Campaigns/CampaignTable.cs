using System.Globalization;
using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests.Campaigns;

/// <summary>What a campaign did and found.</summary>
internal sealed class CampaignTable
{
    private const int MostShown = 12;
    private readonly SortedDictionary<FaultKind, int> _faults = [];
    private readonly OperationCounts _operations = new();
    private int _rounds;

    public List<string> Violations { get; } = [];

    public int Lost { get; set; }

    public int Undecided { get; set; }

    public int Faults => _faults.Values.Sum();

    /// <summary>Writes and reads that were answered.</summary>
    public int Answered => _operations.Answered;

    public void Add(IReadOnlyList<Fault> plan, IReadOnlyList<Operation> history)
    {
        _rounds++;
        foreach (var fault in plan)
        {
            _faults[fault.Kind] = _faults.GetValueOrDefault(fault.Kind) + 1;
        }

        _operations.Add(history);
    }

    public IEnumerable<string> Lines() =>
    [
        Row("rounds", _rounds),
        Row("faults injected", Faults),
        .. _faults.Select(f => Row($"  {f.Key}", f.Value)),
        Row("operations", _operations.Total),
        .. _operations.Rows.Select(o => Row($"  {o.Key}", o.Value)),
        Row("writes whose outcome nobody knows", _operations.Unknown),
        Row("writes with a position that were lost, as was said", Lost),
        Row("keys whose history was too long to decide", Undecided),
        Row("violations", Violations.Count),
        .. Violations.Take(MostShown).Select(v => $"  {v}"),
    ];

    private static string Row(string name, int count) => string.Create(CultureInfo.InvariantCulture, $"{name,-52} {count,8}");
}
