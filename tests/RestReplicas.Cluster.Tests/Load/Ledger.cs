using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests.Load;

/// <summary>Which changes were made, by what clients were told and by what the documents are afterwards.</summary>
internal static class Ledger
{
    /// <summary>To be called when the load has stopped. Fails the test on the first thing that does not add up.</summary>
    /// <param name="content">What all nodes hold.</param>
    /// <returns>Each with its position; null where nobody but the feed knows it: of a delete that was not answered.</returns>
    public static List<(string? Position, string Id, string Kind)> Settle(IReadOnlyList<Attempt> attempts, IReadOnlyDictionary<string, Stored> content)
    {
        Assert.DoesNotContain(attempts, a => a.Verdict == Verdict.Wrong);
        var made = new List<(string?, string, string)>();
        var left = new Dictionary<string, Stored>();
        foreach (var document in attempts.GroupBy(a => a.Id))
        {
            Stored? state = null;
            foreach (var attempt in document)
            {
                if (attempt.Verdict == Verdict.Acknowledged)
                {
                    made.Add((attempt.Position, attempt.Id, attempt.Kind));
                    state = attempt.Kind == "deleted" ? null : new(attempt.Position!, attempt.Body);
                }
                else if (attempt.Verdict == Verdict.Unknown && content.GetValueOrDefault(attempt.Id) is var now && now?.Version != state?.Version)
                {
                    // It is the last at its document, so it was this one.
                    made.Add((now?.Version ?? attempt.Position, attempt.Id, attempt.Kind));
                    state = attempt.Kind == "deleted" ? null : new(attempt.Position ?? now?.Version ?? "", attempt.Body);
                }
            }

            if (state is not null)
            {
                left.Add(document.Key, state);
            }
        }

        Assert.Equal(left.OrderBy(d => d.Key, StringComparer.Ordinal), content.OrderBy(d => d.Key, StringComparer.Ordinal));
        return made;
    }
}
