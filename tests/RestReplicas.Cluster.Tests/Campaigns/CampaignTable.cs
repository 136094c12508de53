using System.Globalization;
using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests.Campaigns;

/// <summary>What a campaign did and found.</summary>
internal sealed class CampaignTable
{
    private const int MostShown = 12;

    /// <summary>How long after its end a gap still counts as a fault's.</summary>
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<FaultKind, (int Count, TimeSpan Longest)> _faults = [];
    private readonly OperationCounts _operations = new();
    private int _rounds;

    public List<string> Violations { get; } = [];

    public int Lost { get; set; }

    public int Undecided { get; set; }

    public int Faults => _faults.Values.Sum(f => f.Count);

    /// <summary>Writes and reads that were answered.</summary>
    public int Answered => _operations.Answered;

    public void Add(IReadOnlyList<Strike> struck, IReadOnlyList<Operation> history)
    {
        _rounds++;
        var acknowledged = history.Where(o => o.Acknowledged).Select(o => o.Ended).Order().ToList();
        foreach (var strike in struck)
        {
            var gaps = acknowledged.Zip(acknowledged.Skip(1))
                .Where(g => g.Second > strike.Began && g.First < strike.Ended + Aftermath)
                .Select(g => g.Second - g.First);
            var (count, longest) = _faults.GetValueOrDefault(strike.Fault.Kind);
            _faults[strike.Fault.Kind] = (count + 1, gaps.Append(longest).Max());
        }

        _operations.Add(history);
    }

    public IEnumerable<string> Lines() =>
    [
        Row("rounds", _rounds),
        Row("faults injected", Faults),
        .. _faults.Select(f => string.Create(
            CultureInfo.InvariantCulture, $"{Row($"  {f.Key}", f.Value.Count)}   longest time without an acknowledged write meanwhile: {f.Value.Longest.TotalSeconds:F1} s")),
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
