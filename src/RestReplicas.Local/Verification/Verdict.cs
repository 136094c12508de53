using System.Globalization;

namespace RestReplicas.Local.Verification;

/// <summary>What was seen and checked, as a table, and whether that is good, bad or too little.</summary>
internal sealed class Verdict
{
    private const int MostShown = 12;
    private const int Least = 10;
    private readonly OperationCounts _counts = new();
    private readonly Judgement? _judgement;
    private readonly List<string> _tooLittle = [];
    private readonly List<string> _violations;

    /// <param name="judgement">Null: what became of some writes, or what a node holds, could not be found out.</param>
    /// <param name="incomplete">Why.</param>
    public Verdict(IReadOnlyList<Operation> history, Judgement? judgement, string incomplete, IReadOnlyList<Target> nodes)
    {
        _judgement = judgement;
        _violations = [.. judgement?.Violations ?? []];
        _counts.Add(history);
        if (judgement is null)
        {
            _tooLittle.Add(incomplete.TrimEnd('.'));
        }

        AtLeast(history.Count(o => o.Acknowledged), "acknowledged writes");
        AtLeast(history.Count(o => o is { SawState: true, Level: Level.Linearizable }), "linearizable reads");
        _tooLittle.AddRange(nodes.Where(n => !history.Any(o => o.SawState && o.Node == n.Name)).Select(n => $"{n.Name} answered no read"));
        if (judgement is { Undecided: var undecided, Keys: var keys } && undecided * Least > keys)
        {
            _tooLittle.Add(string.Create(CultureInfo.InvariantCulture, $"the histories of {undecided} of {keys} documents were too long to decide: use more --keys or less --concurrency"));
        }
    }

    public bool Passed => _violations.Count == 0 && _tooLittle.Count == 0;

    public IEnumerable<string> Lines() =>
    [
        "",
        Row("operations", _counts.Total),
        .. _counts.Rows.Select(r => Row($"  {r.Key}", r.Value)),
        Row("documents whose history was checked", _judgement?.Keys ?? 0),
        Row("  too long to decide", _judgement?.Undecided ?? 0),
        Row("writes whose outcome nobody knows", _counts.Unknown),
        Row("violations", _violations.Count),
        .. _violations.Take(MostShown).Select(v => $"  {v}"),
        .. _violations.Count > MostShown ? [string.Create(CultureInfo.InvariantCulture, $"  and {_violations.Count - MostShown} more")] : Array.Empty<string>(),
        "",
        Sentence(),
    ];

    private string Sentence() =>
        _violations.Count > 0 ? "VIOLATED: the cluster did not keep what it promises."
        : _tooLittle.Count > 0 ? $"NOT VERIFIED: nothing wrong was seen, but too little: {string.Join("; ", _tooLittle)}."
        : "VERIFIED: every history is linearizable, every read kept its promise, and all nodes hold the same.";

    private void AtLeast(int count, string what)
    {
        if (count < Least)
        {
            _tooLittle.Add(string.Create(CultureInfo.InvariantCulture, $"only {count} {what}"));
        }
    }

    private static string Row(string name, int count) => string.Create(CultureInfo.InvariantCulture, $"{name,-58} {count,8}");
}
