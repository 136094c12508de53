using System.Text.Json;
using RestReplicas.Local.Verification;

namespace RestReplicas.Cluster.Tests.Load;

/// <summary>What became of every write, compared with what its client was told.</summary>
internal sealed record Accounting(int Acknowledged, int Refused, int UnknownHappened, int UnknownNot)
{
    /// <summary>To be called when the load has stopped. Fails the test on the first thing that does not add up.</summary>
    public static async Task<Accounting> Settle(TestCluster cluster, IReadOnlyList<Attempt> attempts)
    {
        Assert.DoesNotContain(attempts, a => a.Verdict == Verdict.Wrong);
        var content = await Content(cluster);
        var ids = content.Keys.ToHashSet();
        foreach (var attempt in attempts)
        {
            var happened = content.Remove(attempt.Id, out var stored);
            if (happened)
            {
                Assert.Equal(attempt.Body, stored!.Body);
            }

            switch (attempt.Verdict)
            {
                case Verdict.Acknowledged:
                    Assert.True(happened, $"an acknowledged write is missing: {attempt}");
                    Assert.Equal(attempt.Position, stored!.Version);
                    break;
                case Verdict.Refused:
                    Assert.False(happened, $"a write happened of which it was said that it certainly did not: {attempt}");
                    break;
                case Verdict.Unknown when attempt.Position is { } position:
                    Assert.True(happened == await IsCommitted(cluster, position), $"the position tells another story than the data: {attempt}");
                    break;
            }
        }

        Assert.Empty(content); // nothing that nobody wrote
        var unknown = attempts.Where(a => a.Verdict == Verdict.Unknown).ToList();
        var unknownHappened = unknown.Count(a => ids.Contains(a.Id));
        var result = new Accounting(
            attempts.Count(a => a.Verdict == Verdict.Acknowledged),
            attempts.Count(a => a.Verdict == Verdict.Refused),
            unknownHappened,
            unknown.Count - unknownHappened);
        TestContext.Current.TestOutputHelper?.WriteLine(result.ToString());
        return result;
    }

    /// <summary>What every node holds, when the load has stopped; fails the test where one holds something else.</summary>
    public static async Task<Dictionary<string, Stored>> Content(TestCluster cluster)
    {
        var contents = await NodeContent.OfAll(cluster.Targets, Workload.Collection);
        Assert.All(contents, content => Assert.True(content.Remove(NodeContent.Last), "the write after the load was lost"));
        for (var i = 1; i < contents.Count; i++)
        {
            AssertEqual(contents[0], contents[i], cluster.Nodes[i].Name);
        }

        return contents[0];
    }

    private static void AssertEqual(Dictionary<string, Stored> expected, Dictionary<string, Stored> actual, string node)
    {
        var differing = expected.Keys.Union(actual.Keys)
            .Where(id => expected.GetValueOrDefault(id) != actual.GetValueOrDefault(id))
            .Take(5)
            .Select(id => $"{id}: {expected.GetValueOrDefault(id)} here, {actual.GetValueOrDefault(id)} there");
        Assert.True(expected.Count == actual.Count && !differing.Any(), $"{node} holds something else: {string.Join("; ", differing)}");
    }

    private static async Task<bool> IsCommitted(TestCluster cluster, string position)
    {
        var fates = new HashSet<string>();
        foreach (var node in cluster.Nodes)
        {
            using var fate = JsonDocument.Parse(await node.Http.GetStringAsync(new Uri($"/v1/_positions/{position}", UriKind.Relative)));
            fates.Add(fate.RootElement.GetProperty("state").GetString()!);
        }

        return Assert.Single(fates) switch
        {
            "committed" => true,
            "lost" => false,
            var fate => throw new InvalidOperationException($"{position} is still {fate}"),
        };
    }
}
